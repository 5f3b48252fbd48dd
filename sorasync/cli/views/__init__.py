"""How each result looks: text, JSON, Markdown and the forms that code hosts read."""
