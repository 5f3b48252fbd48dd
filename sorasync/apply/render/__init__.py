"""One render on its way: requested, paid for, followed, fetched, booked."""
