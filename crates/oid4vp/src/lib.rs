//! OpenID4VP 1.0: every message, without IO.
