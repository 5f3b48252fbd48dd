"""One render: request, payment, polling, download, billing."""
