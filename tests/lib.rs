//! End to end, adversarial, command line and vector tests: see the folders beside this file.
