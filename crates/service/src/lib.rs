//! What every service program is, whatever it does: how it starts, what its exit codes mean, what it prints, how its folder is made, and how
//! it serves until told to stop. [`FederationMember`] is what it says of itself in a federation; [`staff`] is the door to its own pages.
//!
//! [`run`] reads the arguments and the clock and ends with an [`ExitCode`]; a command that did not do what it was asked returns a
//! [`CommandError`], whose reason becomes the last word on standard error. Not here: any command, configuration or route of a service.

mod command_error;
mod federation_member;
mod folder;
pub mod output;
mod serve;
pub mod staff;
mod start;

pub use command_error::CommandError;
pub use federation_member::{FederationMember, FederationSection, TRUST_MARKS};
pub use folder::{check_url, make_folder, must_be_new, public_url, replace_file, write_private};
pub use output::ExitCode;
pub use serve::serve_until_stopped;
pub use start::{block_on, run};
