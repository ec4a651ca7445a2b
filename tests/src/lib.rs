//! End to end, adversarial, command line and vector tests.
