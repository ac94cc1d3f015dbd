"""One walk over the host's `ast`: which definitions are worth studying, and what they can see."""
