"""repti-commerce: offers and inquiries (`models`), orders and sales (`sales`), and what is asked of them (`queries`)."""
