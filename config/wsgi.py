"""The WSGI application served by the web workers."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()

# What is loaded by now stays for good. Looking through it again and again for garbage would cost single requests ten milliseconds.
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 20, 50)
