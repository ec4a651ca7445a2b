//! OpenID4VCI 1.0: every message, without IO.
