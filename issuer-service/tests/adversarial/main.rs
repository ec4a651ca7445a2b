//! What an issuer must refuse (`I-` rows), and what it must keep and forget (`S-10`, `D-05`), over real HTTP on loopback, each beside its
//! accepted twin.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod clerk;
mod clients;
mod forget;
mod formats;
mod imports;
mod letters;
mod logs;
mod offers;
mod program;
mod progress;
mod proofs;
mod register;
mod register_files;
mod replicas;
mod restarts;
mod tokens;
mod type_import;
mod types;
mod wallet;
mod world;
