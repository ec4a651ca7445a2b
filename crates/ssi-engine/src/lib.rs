//! The one façade over `ssi`.
//!
//! Concrete, boxed functions, so that its generic code is compiled once. In the product: JSON-LD to RDF with every
//! context given as bytes and undefined terms refused. In tests: second opinions. **Its `verify` is never our
//! verdict**: what it accepts that must be refused is written down as tests of this crate.
