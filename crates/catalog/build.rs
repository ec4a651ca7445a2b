//! Rebuilds the crate when a file of `specs/` changes: `include_dir!` alone does not notice new ones.

fn main() {
    println!("cargo::rerun-if-changed=../../specs");
}
