use std::{net::SocketAddr, path::PathBuf};

use clap::{Args as ArgGroup, Parser, Subcommand, ValueEnum};
use jiff::{Timestamp, civil::Date};
use portage_federation::{EntityId, Jurisdiction, Role, Tier};
use portage_transparency_log::VerifierKey;
use url::Url;

/// Vouches for issuers, verifiers and other authorities, and says so in public.
#[derive(Debug, Parser)]
#[command(name = "authority", version, propagate_version = true)]
#[command(
    after_help = "Example:\n  authority init --demo --jurisdiction CA-BC\n  authority serve\n  authority register https://city.example --as issuer --may-issue business-licence --jurisdiction CA-BC-5915022"
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
    /// Make the folder of a new authority: configuration, keys, store.
    #[command(
        after_help = "Example:\n  authority init --url https://registry.bc.example --jurisdiction CA-BC --superior https://canada.example --name-en 'Province of British Columbia' --name-fr 'Province de la Colombie-Britannique'"
    )]
    Init(InitArgs),
    /// Answer until told to stop.
    #[command(after_help = "Example:\n  authority --dir province serve --json")]
    Serve(ServeArgs),
    /// Vouch for an entity below: as what, for which types, for whom. The same again changes nothing; other words take the place of the
    /// earlier ones.
    #[command(
        after_help = "Example:\n  authority register https://city.example --as issuer --may-issue business-licence --jurisdiction CA-BC-5915022 --until 2027-03-31"
    )]
    Register(RegisterArgs),
    /// Let a verifier ask people for what a purpose file says.
    #[command(
        after_help = "Example:\n  authority purpose https://market.example purposes/market-vendor-permit.json\n  authority purpose https://market.example --withdraw market-vendor-permit"
    )]
    Purpose(PurposeArgs),
    /// Take the word of an authority beside: one with a jurisdiction of its own.
    #[command(
        after_help = "Example:\n  authority recognise https://nation.example --jurisdiction nation:haida --types student-card"
    )]
    Recognise(RecogniseArgs),
    /// Speak for an entity no more, and say why; or end that.
    #[command(
        after_help = "Example:\n  authority suspend https://city.example --reason 'Its keys were copied'\n  authority suspend https://city.example --end"
    )]
    Suspend(SuspendArgs),
    /// Say that a key of an entity no longer counts.
    #[command(
        after_help = "Example:\n  authority key https://city.example NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs --compromised --since 2026-05-01T00:00:00Z"
    )]
    Key(KeyArgs),
    /// Give an entity a trust mark, or take it back. A mark is evidence for people and policies, and gives no right.
    #[command(
        after_help = "Example:\n  authority mark https://city.example https://registry.bc.example/marks/privacy-reviewed --until 2027-03-31\n  authority mark https://city.example https://registry.bc.example/marks/privacy-reviewed --withdraw"
    )]
    Mark(MarkArgs),
    /// Change the key that the authority itself signs with, in two steps: everybody knows the new one before it is used.
    #[command(after_help = "Example:\n  authority rotate\n  authority rotate --finish")]
    Rotate(RotateArgs),
    /// Print what others write into their trust.json to take this authority's word: its name, jurisdiction, types and public keys.
    #[command(after_help = "Example:\n  authority --dir province anchor > trust.json")]
    Anchor,
    /// List everybody it vouches for.
    #[command(after_help = "Example:\n  authority list --json")]
    List,
    /// Show what it says of an entity.
    #[command(after_help = "Example:\n  authority show https://city.example")]
    Show(ShowArgs),
    /// The public log: for a journalist, a privacy commissioner, anyone.
    #[command(subcommand)]
    Log(LogCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum LogCommand {
    /// Tell what each service became allowed to ask people since a day.
    #[command(
        after_help = "Example:\n  authority log diff --since 2026-01-01\n  authority log diff --since 2026-01-01 --url https://registry.bc.example"
    )]
    Diff(LogDiffArgs),
    /// Watch the log of an authority: print what is new, and say when it takes back what it said.
    #[command(
        after_help = "Example:\n  authority log watch https://registry.bc.example --state bc.json --once"
    )]
    Watch(LogWatchArgs),
}

#[derive(Debug, ArgGroup)]
pub(crate) struct LogDiffArgs {
    /// From this day on.
    #[arg(long, value_name = "DATE")]
    pub(crate) since: Date,
    /// The authority [default: the one of this folder].
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// The key of the log, whose address URL then is [default: what the authority says].
    #[arg(long, value_name = "VKEY", requires = "url")]
    pub(crate) key: Option<VerifierKey>,
}

#[derive(Debug, ArgGroup)]
pub(crate) struct LogWatchArgs {
    /// The authority.
    #[arg(value_name = "URL")]
    pub(crate) url: String,
    /// Remember here what was seen. Without it, only this run is watched.
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,
    /// Look once and end.
    #[arg(long)]
    pub(crate) once: bool,
    /// Seconds between two looks.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) every: u64,
    /// The key of the log, whose address URL then is [default: what the authority says].
    #[arg(long, value_name = "VKEY")]
    pub(crate) key: Option<VerifierKey>,
}

#[derive(Debug, ArgGroup)]
pub(crate) struct InitArgs {
    /// Set up for a demonstration on this machine: http on loopback, statements that live a minute.
    #[arg(long)]
    pub(crate) demo: bool,
    /// Where the service listens.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8085")]
    pub(crate) listen: SocketAddr,
    /// Where others reach it: its Entity Identifier [default: http://localhost:PORT].
    #[arg(long)]
    pub(crate) url: Option<Url>,
    /// The authority's name in English.
    #[arg(long, value_name = "NAME", default_value = "Portage authority")]
    pub(crate) name_en: String,
    /// The authority's name in French.
    #[arg(long, value_name = "NAME", default_value = "Autorité Portage")]
    pub(crate) name_fr: String,
    /// For whom it acts: CA, CA-BC, CA-BC-5915022, nation:haida.
    #[arg(long, value_name = "CODE", default_value = "CA")]
    pub(crate) jurisdiction: Jurisdiction,
    /// Its tier [default: that of its jurisdiction].
    #[arg(long, value_parser = read_tier)]
    pub(crate) tier: Option<Tier>,
    /// An authority above it; none for one that others pin.
    #[arg(long, value_name = "URL")]
    pub(crate) superior: Vec<EntityId>,
    /// A further loopback origin that may be contacted over http.
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) allow: Vec<String>,
}

#[derive(Debug, ArgGroup)]
pub(crate) struct ServeArgs {
    /// Listen here and not where the configuration says. One process serves a store: a second one is refused.
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<SocketAddr>,
}

#[derive(Debug, ArgGroup)]
pub(crate) struct RegisterArgs {
    /// Its Entity Identifier.
    #[arg(value_name = "ENTITY")]
    pub(crate) entity: EntityId,
    /// As what. An authority may also let others issue and ask.
    #[arg(long = "as", value_name = "ROLE", required = true, num_args = 1.., value_parser = read_role)]
    pub(crate) roles: Vec<Role>,
    /// The types it may issue, or let be issued: one of the box or of the folder types/, a name, an address ending in /*, or *.
    #[arg(long, value_name = "TYPE", num_args = 1..)]
    pub(crate) may_issue: Vec<String>,
    /// For whom it acts [default: the authority's own jurisdiction].
    #[arg(long, value_name = "CODE")]
    pub(crate) jurisdiction: Option<Jurisdiction>,
    /// The last day of the right.
    #[arg(long, value_name = "DATE")]
    pub(crate) until: Option<Date>,
    /// Its tier [default: that of its jurisdiction].
    #[arg(long, value_parser = read_tier)]
    pub(crate) tier: Option<Tier>,
    #[command(flatten)]
    pub(crate) keys: KeySource,
}

/// Where the keys of an entity come from.
#[derive(Debug, ArgGroup)]
pub(crate) struct KeySource {
    /// Read its keys from this JWK Set, and do not contact it.
    #[arg(long, value_name = "FILE", conflicts_with = "configuration")]
    pub(crate) jwks: Option<PathBuf>,
    /// Read its Entity Configuration from this file, and do not contact it.
    #[arg(long, value_name = "FILE")]
    pub(crate) configuration: Option<PathBuf>,
    /// A DID it signs credentials and requests with [default: those in its Entity Configuration].
    #[arg(long = "did", value_name = "DID")]
    pub(crate) dids: Vec<String>,
    /// Its name in English [default: what it calls itself].
    #[arg(long, value_name = "NAME")]
    pub(crate) name_en: Option<String>,
    /// Its name in French [default: what it calls itself].
    #[arg(long, value_name = "NAME")]
    pub(crate) name_fr: Option<String>,
    /// Do not ask whether the key is the right one: somebody has looked.
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, ArgGroup)]
pub(crate) struct RecogniseArgs {
    /// Its Entity Identifier.
    #[arg(value_name = "AUTHORITY")]
    pub(crate) entity: EntityId,
    /// For whom it acts.
    #[arg(long, value_name = "CODE")]
    pub(crate) jurisdiction: Jurisdiction,
    /// The types alone for which its word is taken [default: all it vouches for].
    #[arg(long, value_name = "TYPE", num_args = 1..)]
    pub(crate) types: Vec<String>,
    /// The last day.
    #[arg(long, value_name = "DATE")]
    pub(crate) until: Option<Date>,
    #[command(flatten)]
    pub(crate) keys: KeySource,
}

#[derive(Debug, ArgGroup)]
pub(crate) struct PurposeArgs {
    /// The verifier's Entity Identifier.
    #[arg(value_name = "ENTITY")]
    pub(crate) entity: EntityId,
    /// The purpose, as in specs/purposes/.
    #[arg(value_name = "FILE", required_unless_present = "withdraw")]
    pub(crate) file: Option<PathBuf>,
    /// Let it ask for this purpose no more.
    #[arg(long, value_name = "PURPOSE", conflicts_with = "file")]
    pub(crate) withdraw: Option<String>,
    /// Do not ask: somebody has looked.
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, ArgGroup)]
pub(crate) struct SuspendArgs {
    /// Its Entity Identifier.
    #[arg(value_name = "ENTITY")]
    pub(crate) entity: EntityId,
    /// Why, for everybody to read and without a word about a person.
    #[arg(long, value_name = "TEXT", required_unless_present = "end")]
    pub(crate) reason: Option<String>,
    /// The same in French [default: the same words].
    #[arg(long, value_name = "TEXT", requires = "reason")]
    pub(crate) reason_fr: Option<String>,
    /// End the suspension.
    #[arg(long, conflicts_with = "reason")]
    pub(crate) end: bool,
    /// Do not ask: somebody has looked.
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, ArgGroup)]
pub(crate) struct KeyArgs {
    /// Its Entity Identifier.
    #[arg(value_name = "ENTITY")]
    pub(crate) entity: EntityId,
    /// The key's thumbprint (RFC 7638, SHA-256).
    #[arg(value_name = "THUMBPRINT")]
    pub(crate) thumbprint: String,
    /// It is out of use; what it signed before stands.
    #[arg(long, required_unless_present = "compromised", conflicts_with = "compromised")]
    pub(crate) retire: bool,
    /// Somebody else may have it; nothing it signed stands.
    #[arg(long)]
    pub(crate) compromised: bool,
    /// From when on [default: now].
    #[arg(long, value_name = "INSTANT")]
    pub(crate) since: Option<Timestamp>,
    /// Do not ask: somebody has looked.
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, ArgGroup)]
pub(crate) struct MarkArgs {
    /// The entity.
    #[arg(value_name = "ENTITY")]
    pub(crate) entity: EntityId,
    /// The mark: its address, as under [[marks]] in authority.toml.
    #[arg(value_name = "TYPE")]
    pub(crate) mark: String,
    /// The last day.
    #[arg(long, value_name = "DATE", conflicts_with = "withdraw")]
    pub(crate) until: Option<Date>,
    /// Take it back.
    #[arg(long)]
    pub(crate) withdraw: bool,
}

#[derive(Debug, ArgGroup)]
pub(crate) struct RotateArgs {
    /// Sign with the new key from now on. Without it, the new key is made and published beside the other.
    #[arg(long)]
    pub(crate) finish: bool,
    /// Somebody else may have the old key; nothing it signed stands.
    #[arg(long, requires = "finish")]
    pub(crate) compromised: bool,
}

#[derive(Debug, ArgGroup)]
pub(crate) struct ShowArgs {
    /// Its Entity Identifier.
    #[arg(value_name = "ENTITY")]
    pub(crate) entity: EntityId,
}

fn read_role(name: &str) -> Result<Role, String> {
    Role::from_name(name).ok_or_else(|| "one of issuer, verifier, authority".to_owned())
}

fn read_tier(name: &str) -> Result<Tier, String> {
    TierName::from_str(name, false).map(Tier::from)
}

/// The tiers as the command line spells them.
#[derive(Clone, Copy, ValueEnum)]
enum TierName {
    Federal,
    Provincial,
    Territorial,
    Indigenous,
    Municipal,
    Other,
}

impl From<TierName> for Tier {
    fn from(name: TierName) -> Self {
        match name {
            TierName::Federal => Tier::Federal,
            TierName::Provincial => Tier::Provincial,
            TierName::Territorial => Tier::Territorial,
            TierName::Indigenous => Tier::Indigenous,
            TierName::Municipal => Tier::Municipal,
            TierName::Other => Tier::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_fit_together() {
        Args::command().debug_assert();
        let read = |line: &str| Args::try_parse_from(line.split(' ')).map(drop);
        let register = "authority register https://city.example --as issuer";
        assert!(read(&format!("{register} verifier --may-issue a b --until 2027-03-31 --json")).is_ok());
        assert!(read(&format!("{register} --jurisdiction CA-BC-5915022 --tier municipal --yes")).is_ok());
        for wrong in ["--jurisdiction Vancouver", "--until soon", "--tier town", "--jwks a --configuration b"]
        {
            assert!(read(&format!("{register} {wrong}")).is_err(), "{wrong}");
        }
        assert!(read("authority register https://city.example --as mayor").is_err());
        assert!(read("authority register city.example --as issuer").is_err());
        assert!(read("authority recognise https://nation.example").is_err(), "for whom?");
        assert!(read("authority suspend https://city.example").is_err(), "why?");
        assert!(read("authority suspend https://city.example --end --reason R").is_err());
        assert!(read("authority key https://city.example k --retire").is_ok());
        assert!(read("authority key https://city.example k").is_err());
        assert!(read("authority key https://city.example k --retire --compromised").is_err());
        assert!(read("authority purpose https://market.example p.json").is_ok());
        assert!(read("authority purpose https://market.example").is_err());
        assert!(read("authority log diff --since 2026-01-01 --url https://bc.example").is_ok());
        assert!(read("authority log diff").is_err());
        assert!(read("authority log watch https://bc.example --once --state s.json").is_ok());
    }
}
