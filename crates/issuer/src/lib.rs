//! The issuer: offers, tokens, key proofs, credentials, status.
