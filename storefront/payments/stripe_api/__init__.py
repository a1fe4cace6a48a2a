"""What Stripe's API says and wants, in the shop's words. Only `storefront.payments.stripe_gateway` calls it."""
