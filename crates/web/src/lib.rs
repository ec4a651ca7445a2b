//! Inbound HTTP, as every service of Portage answers it.
//!
//! A service builds its own [`axum::Router`] and hands it to [`harden`], which puts the same things around every
//! route: a body of at most 1 MiB (413), ten seconds for request and answer, security headers, `Cache-Control:
//! no-store` where a handler says nothing else, one log line per request that holds the route and never the path,
//! the query or a body, and a 500 with an error body when a handler panics. Refusals are [`Refusal`]: the error
//! codes of the specification that applies, JSON, without an echo of input. What the log says and what the peer
//! hears are two fields.
//!
//! [`serve`] runs the router until SIGTERM or SIGINT, is not ready from that moment on, and gives requests in flight
//! ten seconds.
//!
//! [`page`] is what the pages of all programs are made of: layout, form fields, cards, sessions, and how to add one.
//!
//! Not here: TLS (a reverse proxy's), routes, and what stands on any page.

mod bearer;
mod harden;
mod health;
mod language;
mod logging;
pub mod page;
mod refusal;
mod serve;

pub use bearer::{BearerError, bearer_token, is_bearer};
pub use harden::{Audience, Limits, MAX_BODY, REQUEST_TIME, harden, harden_within};
pub use health::{Readiness, health_routes, health_routes_telling};
pub use language::{language_of, language_of_terminal};
pub use logging::log_to_stderr;
pub use refusal::Refusal;
pub use serve::{Announce, GRACE, announce, bind, serve, shutdown_signal};
