use std::{net::SocketAddr, path::PathBuf};

use clap::{Args as ArgGroup, Parser, Subcommand, ValueEnum};
use jiff::civil::Date;
use portage_catalog::{Format, is_time_zone};
use portage_federation::EntityId;
use portage_issuer::TextEncoding;
use portage_keys::Algorithm;
use portage_service::staff::StaffCommand;
use url::Url;

use crate::config::DidMethod;

/// Offers credentials, issues them to wallets, and says whether they are still good.
#[derive(Debug, Parser)]
#[command(name = "issuer", version, propagate_version = true)]
#[command(
    after_help = "Example:\n  issuer init --demo\n  issuer serve\n  issuer offer --type person --claims ada.json --tx-code"
)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, ArgGroup)]
pub(crate) struct Common {
    /// Print JSON on standard output, one object a line, and nothing else there.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Folder of the service.
    #[arg(long, global = true, value_name = "DIR", default_value = ".")]
    pub(crate) dir: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make the folder of a new issuer: configuration, keys, store.
    #[command(
        after_help = "Example:\n  issuer init --listen 127.0.0.1:8081 --url https://city.example --name-en 'City' --name-fr 'Ville'"
    )]
    Init(InitArgs),
    /// Answer wallets until told to stop.
    #[command(after_help = "Example:\n  issuer --dir city serve --json")]
    Serve(ServeArgs),
    /// The credential types of this issuer.
    #[command(subcommand, after_help = "Example:\n  issuer type list --json")]
    Type(TypeCommand),
    /// The keys that it signs with: list them, add one; of a did:webvh, change them or end it.
    #[command(subcommand, after_help = "Example:\n  issuer key rotate")]
    Key(KeyCommand),
    /// Offer credentials: an offer a line, to be sent to whoever they are for.
    #[command(
        after_help = "Example:\n  issuer offer --type business-licence --from register.csv --as-of 2025-10-01 --json"
    )]
    Offer(OfferArgs),
    /// Revoke a credential for ever, suspend it, or end its suspension; tell that a newer one is there, or a message.
    #[command(after_help = "Example:\n  issuer status 5f2c1d0e9b8a7f6e5d4c3b2a19080706 revoke")]
    Status(StatusArgs),
    /// Who may use the clerks' pages.
    #[command(
        subcommand,
        after_help = "Example:\n  issuer staff add maria --role clerk\n  issuer staff add ali --role approver --code\n  issuer staff list --json"
    )]
    Staff(StaffCommand),
}

#[derive(Debug, ArgGroup)]
pub(crate) struct InitArgs {
    /// Set up for a demonstration on this machine: http on loopback, status lists published at each change.
    #[arg(long)]
    pub(crate) demo: bool,
    /// Where the service listens.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8081")]
    pub(crate) listen: SocketAddr,
    /// Where wallets reach it [default: http://localhost:PORT].
    #[arg(long)]
    pub(crate) url: Option<Url>,
    /// The issuer's name in English.
    #[arg(long, value_name = "NAME", default_value = "Portage issuer")]
    pub(crate) name_en: String,
    /// The issuer's name in French.
    #[arg(long, value_name = "NAME", default_value = "Émetteur Portage")]
    pub(crate) name_fr: String,
    /// Which kind of DID it signs with.
    #[arg(long, value_name = "METHOD", default_value = "did:web")]
    pub(crate) did: DidMethod,
    /// The types it offers [default: all that are in the box].
    #[arg(long, value_name = "TYPE", num_args = 1..)]
    pub(crate) types: Vec<String>,
    /// An authority that vouches for it.
    #[arg(long, value_name = "URL")]
    pub(crate) superior: Vec<EntityId>,
    /// What it signs with, in every format: EdDSA, ES256 (P-256) or ES384 (P-384). Can be changed format by format later.
    #[arg(long, value_name = "ALGORITHM", default_value = "EdDSA", value_parser = algorithm)]
    pub(crate) algorithm: Algorithm,
}

fn algorithm(name: &str) -> Result<Algorithm, String> {
    let names = || Algorithm::ALL.map(Algorithm::jose_name).join(", ");
    Algorithm::from_jose_name(name).ok_or_else(|| format!("one of {}", names()))
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// List the keys that the DID document names.
    #[command(after_help = "Example:\n  issuer key list --json")]
    List,
    /// Add a key of an algorithm that there is none of, such as ES384 to a folder that was made before there was one.
    #[command(after_help = "Example:\n  issuer key add --algorithm ES384")]
    Add {
        /// EdDSA, ES256 (P-256) or ES384 (P-384).
        #[arg(long, value_name = "ALGORITHM", value_parser = algorithm)]
        algorithm: Algorithm,
    },
    /// Put new keys in the place of those in use: the next entry of the DID's log.
    #[command(after_help = "Example:\n  issuer key rotate\n  issuer key rotate --drop-old")]
    Rotate {
        /// Take the old keys out of the document: every credential that they signed is refused from then on.
        #[arg(long)]
        drop_old: bool,
    },
    /// End the DID for ever: nothing that it signed is accepted any more.
    #[command(after_help = "Example:\n  issuer key deactivate --yes")]
    Deactivate {
        /// Yes, for ever.
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, ArgGroup)]
pub(crate) struct ServeArgs {
    /// Listen here and not where the configuration says: for a second process on the same store.
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<SocketAddr>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TypeCommand {
    /// List the types it offers.
    #[command(after_help = "Example:\n  issuer type list --json")]
    List,
    /// Check the types of the box and of the folder types/, and list what has no French and what is hard to read.
    #[command(after_help = "Example:\n  issuer type check\n  issuer type check library-card --strict")]
    Check(TypeCheckArgs),
    /// Make a type: answer questions, or give a file of answers.
    #[command(after_help = "Example:\n  issuer type new\n  issuer type new --from answers.json")]
    New(TypeNewArgs),
    /// Show a type as people will see it, in English and in French.
    #[command(after_help = "Example:\n  issuer type show student-card")]
    Show(TypeShowArgs),
    /// Make a type of a published OCA bundle (Overlays Capture Architecture).
    #[command(after_help = "Example:\n  issuer type import student-card.json --logo college.png")]
    Import(TypeImportArgs),
}

#[derive(Debug, ArgGroup)]
pub(crate) struct TypeImportArgs {
    /// The bundle: a JSON file.
    #[arg(value_name = "BUNDLE")]
    pub(crate) bundle: PathBuf,
    /// The type's id [default: made of its name].
    #[arg(long)]
    pub(crate) id: Option<String>,
    /// The logo on its card: PNG or JPEG, at most 256 KiB. One that the bundle only links to is never fetched.
    #[arg(long, value_name = "FILE")]
    pub(crate) logo: Option<PathBuf>,
    /// The https address, yours and never to change, under which the type's names for machines stand [default: the issuer's].
    #[arg(long, value_name = "URL")]
    pub(crate) address: Option<Url>,
    /// Where the last valid day ends, if a claim names it.
    #[arg(long, value_name = "ZONE", default_value = "America/Vancouver", value_parser = read_time_zone)]
    pub(crate) time_zone: String,
    /// Put it in the place of the type of that id in the folder types/.
    #[arg(long)]
    pub(crate) replace: bool,
    /// Leave issuer.toml as it is: the type is made, and not offered yet.
    #[arg(long)]
    pub(crate) keep_config: bool,
}

#[derive(Debug, ArgGroup)]
pub(crate) struct TypeCheckArgs {
    /// These types alone [default: all].
    #[arg(value_name = "TYPE")]
    pub(crate) types: Vec<String>,
    /// Refuse a type with a text that has no French, or with a contrast below 4.5 to 1.
    #[arg(long)]
    pub(crate) strict: bool,
}

#[derive(Debug, ArgGroup)]
pub(crate) struct TypeNewArgs {
    /// A JSON file of answers (specs/schemas/answers.schema.json); - for standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Option<PathBuf>,
    /// Leave issuer.toml as it is: the type is made, and not offered yet.
    #[arg(long)]
    pub(crate) keep_config: bool,
}

#[derive(Debug, ArgGroup)]
pub(crate) struct TypeShowArgs {
    /// The type.
    #[arg(value_name = "TYPE")]
    pub(crate) id: String,
}

#[derive(Debug, ArgGroup)]
pub(crate) struct OfferArgs {
    /// The credential type.
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) credential_type: String,
    /// A JSON file with a claims object, or an array of them; - for standard input.
    #[arg(long, value_name = "FILE", required_unless_present = "from", conflicts_with = "from")]
    pub(crate) claims: Option<PathBuf>,
    /// A register: rows of separated values, mapped to claims by the type; - for standard input.
    #[arg(long, value_name = "CSV")]
    pub(crate) from: Option<PathBuf>,
    /// The encoding of the register, such as windows-1252 [default: what its bytes look like].
    #[arg(long, value_name = "NAME", requires = "from", value_parser = read_encoding)]
    pub(crate) encoding: Option<TextEncoding>,
    /// What separates the cells of the register: a character, or tab [default: what the first line has most of].
    #[arg(long, value_name = "CHARACTER", requires = "from", value_parser = read_separator)]
    pub(crate) separator: Option<u8>,
    /// Only say what would be offered and what is wrong: nothing is written.
    #[arg(long)]
    pub(crate) check: bool,
    /// How far the register is read, on standard error [default: a bar on a terminal].
    #[arg(long, value_name = "HOW", requires = "from", default_value = "auto")]
    pub(crate) progress: Progress,
    /// Of the register, the row with this key alone.
    #[arg(long, value_name = "KEY", conflicts_with = "claims")]
    pub(crate) record: Option<String>,
    /// The format [default: the type's preferred one].
    #[arg(long, value_parser = read_format)]
    pub(crate) format: Option<Format>,
    /// Require a code that reaches the person another way. It is printed once.
    #[arg(long)]
    pub(crate) tx_code: bool,
    /// Days the offer can be opened.
    #[arg(long, value_name = "DAYS", default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=366))]
    pub(crate) expires: u16,
    /// The day on which the records must be valid [default: today].
    #[arg(long, value_name = "DATE")]
    pub(crate) as_of: Option<Date>,
    /// Put the offer itself into the link, with a code that lives ten minutes: for a wallet that is there now.
    #[arg(long)]
    pub(crate) by_value: bool,
    /// End offers of the same records that were not collected, and offer anew: a letter or a code was lost.
    #[arg(long)]
    pub(crate) again: bool,
    /// Make a letter of each offer, a PDF in the folder letters of DIR; with --tx-code the sheet with its code goes to the folder codes, to be
    /// posted apart, and the code is not printed.
    #[arg(long, value_name = "DIR", conflicts_with = "by_value")]
    pub(crate) letter: Option<PathBuf>,
}

/// How it is told how far a register is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Progress {
    /// A bar on a terminal that can draw one, nothing elsewhere.
    Auto,
    /// A line of text every 10,000 rows: for a screen reader, or a log.
    Plain,
    /// Nothing.
    None,
}

fn read_encoding(name: &str) -> Result<TextEncoding, String> {
    TextEncoding::by_name(name).ok_or_else(|| "no encoding of that name is known".to_owned())
}

/// A name that the time zone database has: `America/Vancouver`, `UTC`.
fn read_time_zone(name: &str) -> Result<String, String> {
    is_time_zone(name)
        .then(|| name.to_owned())
        .ok_or_else(|| "no time zone of that name is known, such as America/Vancouver".to_owned())
}

fn read_separator(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        b"tab" | b"\\t" => Ok(b'\t'),
        [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\r' | b'\n' | 0) => Ok(*byte),
        _ => Err("one ASCII character, or tab".to_owned()),
    }
}

#[derive(Debug, ArgGroup)]
pub(crate) struct StatusArgs {
    /// The reference that `offer` printed.
    #[arg(value_name = "REF")]
    pub(crate) reference: String,
    /// What to do.
    pub(crate) change: Change,
    /// Which message of issuer.toml, the first one 0.
    #[arg(long, value_name = "NUMBER", required_if_eq("change", "message"))]
    pub(crate) value: Option<u8>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Change {
    /// For ever. An offer that was not collected is withdrawn.
    Revoke,
    /// Until reinstated.
    Suspend,
    /// End a suspension.
    Reinstate,
    /// Say that a newer one is to be had. It stays good.
    Refresh,
    /// Take that back.
    Refreshed,
    /// Tell one of the messages of issuer.toml (--value). It stays good.
    Message,
}

fn read_format(name: &str) -> Result<Format, String> {
    Format::from_name(name).ok_or_else(|| {
        let names = Format::ALL.map(Format::name).join(", ");
        format!("one of {names}")
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_fit_together() {
        Args::command().debug_assert();
        let read = |line: &str| Args::try_parse_from(line.split(' ')).map(drop);
        assert!(read("issuer offer --type person --claims - --json").is_ok());
        assert!(
            read("issuer offer --type person --from a.csv --record 1 --as-of 2025-10-01 --expires 3").is_ok()
        );
        assert!(read("issuer offer --type person").is_err());
        assert!(read("issuer offer --type person --claims - --from a.csv").is_err());
        assert!(read("issuer offer --type person --claims - --record 1").is_err());
        assert!(read("issuer offer --type person --claims - --format jwt_vc_json").is_err());
        assert!(read("issuer status r revoke --dir x").is_ok());
        assert!(read("issuer status r unrevoke").is_err());
        assert!(read("issuer status r message --value 3").is_ok());
        assert!(read("issuer status r message").is_err());
        assert!(read("issuer init --did did:webvh").is_ok());
        assert!(read("issuer init --did did:ion").is_err());
        assert!(read("issuer key rotate --drop-old").is_ok());
        assert!(read("issuer key add --algorithm ES384").is_ok());
        assert!(read("issuer key add --algorithm RS256").is_err());
    }
}
