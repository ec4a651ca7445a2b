//! A seeded world for tests: fixed clock, seeded randomness, an attacker.
