//! What holds for the workspace as a whole: who may import whom, what may come in, documents that name code.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a document or a workspace that cannot be read has failed"
)]

mod conformance;
mod documents;
mod layers;
