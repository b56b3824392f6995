"""A payment provider twice over: the wire protocols of Stripe and PayPal upon one ledger, which is the judge of money."""
