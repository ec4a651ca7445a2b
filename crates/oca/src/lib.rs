//! Overlays Capture Architecture: a published bundle becomes the draft of a credential type.
//!
//! A bundle is a *capture base* (the attributes and their types) and *overlays* over it: labels, descriptions, formats, branding. Read here
//! are the bundles of OCA 1.0 as the Aries community writes them (RFC 0755: an array of one bundle, the branding overlay, dates as integers),
//! a bundle that stands alone, and the envelope and the spellings of OCA 2.0 (`{"bundle": …}`, `overlay/label/2.0.0`). Overlays are told by
//! their name, in whatever version; those that say nothing a type has a place for are passed over, as the RFC asks.
//!
//! | attribute type | claim |
//! |---|---|
//! | `Text` | a string; one of the entry codes where the bundle lists them |
//! | `Numeric` | a number |
//! | `Boolean` | true or false |
//! | `DateTime`, named `…_dateint` or written `YYYYMMDD` | the integer `YYYYMMDD` |
//! | `DateTime`, written with year, month and day | a date |
//! | `DateTime`, written with a day and a time, or without a format | a date and time with its offset |
//! | `DateTime`, written `epoch` | a number: seconds since 1970 |
//! | `Binary` | base64url with the media type of the format overlay, at most 256 KiB |
//! | anything else: `Reference`, arrays, other date formats | `unsupported`, by name |
//!
//! ```
//! use portage_oca::{Bundle, Options};
//! let text = br#"{"capture_base": {"type": "spec/capture_base/1.0", "attributes": {"holder_name": "Text"}},
//!     "overlays": [{"type": "spec/overlays/meta/1.0", "language": "en", "name": "Library Card"}]}"#;
//! let bundle = Bundle::read(text)?;
//! let imported = bundle.draft(&Options { address: "https://library.example".into(), ..Options::default() })?;
//! assert_eq!(imported.draft.id, "library-card");
//! # Ok::<(), portage_oca::OcaError>(())
//! ```
//!
//! What this crate deliberately does not do: fetch (a logo elsewhere is left out, and said to be); translate (a text without French has
//! none); verify the digests of a bundle. Those are self-addressing identifiers (SAID, mostly BLAKE3) that name an object by its content:
//! they say nothing about who published it, and RFC 0755 itself notes that the digests of a branding overlay are not kept up to date, which
//! the published bundles bear out. Whoever imports a bundle reads the type it gives, and trusts the place it was had from.

mod attributes;
mod branding;
mod bundle;
mod draft;
mod error;
mod texts;

pub use bundle::Bundle;
pub use draft::{Imported, LeftOut, Options, slug};
pub use error::{OcaError, Problem};
