"""Doubles of the outside world that speak the real protocols: Stripe, PayPal, Twilio, SMTP and AWS, on loopback.

`python -m reptidex.doubles` runs them for a development platform; each is also an asynchronous context manager for tests.
The product does not know them: only its URLs and keys differ.
"""
