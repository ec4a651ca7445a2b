//! The staff of a service at its own pages: a verifier's counter, an issuer's clerks.
//!
//! # How a program uses it
//!
//! 1. Its command line has [`StaffCommand`], run by [`run_command`] with the roles it knows.
//! 2. `serve` opens a [`StaffDoor`] on the service's folder, with the program's [`Site`](portage_web::page::Site) (its `base` is where the pages stand, such as
//!    `/counter`) and home.
//! 3. Its pages are handlers that take a [`Visit`]: somebody who is signed in. `Arc<StaffDoor>` must come out of the router's state
//!    (`axum::extract::FromRef`). [`StaffDoor::routes`] puts them below the base in both languages, beside the pages of the door itself ([`SIGN_IN`],
//!    [`PASSWORD`]), behind the checks of `Host` and `Origin`.
//!
//! # What holds
//!
//! A password is guessed at most four times before a wait that grows and that a restart does not shorten; one guess is tried at a time; a name
//! that nobody has looks like one that somebody has. A session is a cookie (`HttpOnly`, `SameSite=Strict`, `Secure` on https), ends after
//! 20 minutes without a request and after ten hours in any case, and at once when the account is removed or its password changed. What happened at the
//! door stands in the trail of `staff.sqlite`. Sessions live in the memory of one process: in front of several, a proxy sends somebody to the same one.
//!
//! Not here: any page behind the door, and what a role may do there.

mod command;
mod door;
mod pages;
mod visit;

pub use command::{StaffCommand, run_command};
pub use door::{PASSWORD, SIGN_IN, Signed, StaffDoor};
pub use portage_storage::staff::{Account, Role, StaffEvent, StaffEventKind, StaffName, StaffStore};
pub use visit::Visit;
