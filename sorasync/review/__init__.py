"""`sorasync review`: the library as a page, to look at takes, choose among them and leave notes."""
