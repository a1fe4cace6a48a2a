"""The shop as a WSGI application, for any server: `granian --interface wsgi wsgi:app`, `gunicorn wsgi:app`."""

from storefront import create_app
from storefront.payments.gateways import start_demo_deliveries

app = create_app()
start_demo_deliveries(app)
