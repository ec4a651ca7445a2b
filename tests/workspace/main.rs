//! What holds for the workspace as a whole: who may import whom, what may come in, documents that name code.

mod documents;
mod layers;
