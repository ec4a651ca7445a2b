//! The verifier: requests for a registered purpose, answers, decisions.
