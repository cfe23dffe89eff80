"""Settings of the platform under test: its own data folder, quick hashes, jobs at once; the server starts on demand."""

import os
import tempfile
from pathlib import Path

DATA = Path(tempfile.gettempdir()) / f"lingtan-tests-{os.getuid()}"
os.environ.update(
    LINGTAN_DATA=str(DATA), LINGTAN_TRIAL="1", LINGTAN_SECRET="only-for-tests", LINGTAN_JOBS="inline",
    LINGTAN_HOSTS="testserver,127.0.0.1,localhost",
)  # fmt: skip

from lingtan.web.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": DATA / "files"}},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
DATABASES["default"]["OPTIONS"].pop("pool", None)  # type: ignore[name-defined]  # noqa: F405

# Tables come from the models (one test runs the migrations); the triggers with them.
PGTRIGGER_INSTALL_ON_MIGRATE = True
