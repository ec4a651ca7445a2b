//! Attacks, each made from accepted bytes by one change, beside the twin that is accepted.

mod response;
