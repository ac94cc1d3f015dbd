"""What went wrong that whoever runs retrylint can mend."""


class UserError(ValueError):
    """A path, a code or a setting that cannot be used; the text is one line that says which and why."""


class ConfigError(UserError):
    """A setting that cannot be used: it names the file, or the option, and the key."""


class MissingPathError(UserError):
    """A path that was asked for does not exist."""
