use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use portage_keys::Algorithm;

/// Your wallet: accept credentials, look at them, and show what you choose to a service that asks.
#[derive(Debug, Parser)]
#[command(name = "wallet", version, propagate_version = true)]
#[command(
    after_help = "Example:\n  wallet init\n  wallet trust import trust.json\n  wallet accept 'openid-credential-offer://?…'\n  wallet present 'openid4vp://?…'"
)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, ClapArgs)]
pub(crate) struct Common {
    /// Folder of the wallet [default: $PORTAGE_WALLET, or the folder for program data].
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// Print JSON on standard output, one object a line, and nothing else there.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// File whose first line is the passphrase.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Language of the words [default: that of this computer].
    #[arg(long, global = true)]
    pub(crate) lang: Option<Lang>,
}

/// English or French.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Lang {
    /// English.
    En,
    /// Français.
    Fr,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a new wallet.
    #[command(
        after_help = "Example:\n  wallet init\n  wallet init --demo --allow http://localhost:8081 http://localhost:8084"
    )]
    Init(InitArgs),
    /// Accept an offered credential: see who offers it and what it says, then keep it or not.
    #[command(
        after_help = "Example:\n  wallet accept 'openid-credential-offer://?credential_offer_uri=…' --tx-code 493536"
    )]
    Accept(AcceptArgs),
    /// List what is in the wallet.
    #[command(after_help = "Example:\n  wallet list\n  wallet list --json")]
    List,
    /// Show one credential: what it says, who issued it, until when.
    #[command(after_help = "Example:\n  wallet show 3f8k2m9q1z")]
    Show(CredentialArgs),
    /// See who asks, why, and what they would learn. Nothing about you is sent.
    #[command(after_help = "Example:\n  wallet review 'openid4vp://?client_id=…&request_uri=…'")]
    Review(RequestArgs),
    /// Answer a request, after you have seen what it asks.
    #[command(
        after_help = "Example:\n  wallet present 'openid4vp://?client_id=…&request_uri=…'\n  wallet present --use person=3f8k2m9q1z 'openid4vp://?…'"
    )]
    Present(PresentArgs),
    /// Be told in plain words who issued a credential, or who asks, by what right, and how that is known. Nothing is answered.
    #[command(
        after_help = "Example:\n  wallet explain 3f8k2m9q1z\n  wallet explain 'openid4vp://?client_id=…&request_uri=…'"
    )]
    Explain(ExplainArgs),
    /// See what you accepted and showed, when, and to whom.
    #[command(after_help = "Example:\n  wallet history")]
    History,
    /// Use the wallet in a browser on this computer: prints a link that is good once, and serves until Ctrl-C.
    #[command(after_help = "Example:\n  wallet open\n  wallet open 'openid4vp://?…'\n  wallet open --json")]
    Open(OpenArgs),
    /// Delete a credential and its key. Nobody is told.
    #[command(after_help = "Example:\n  wallet delete 3f8k2m9q1z")]
    Delete(DeleteArgs),
    /// Write a copy of the wallet to a file, locked with a passphrase of its own.
    #[command(
        after_help = "Example:\n  wallet export copy.portage\n  wallet export copy.portage --export-passphrase-file copy.pass"
    )]
    Export(ExportArgs),
    /// Take in a copy of a wallet. What is here stays.
    #[command(
        after_help = "Example:\n  wallet import copy.portage\n  wallet import copy.portage --export-passphrase-file copy.pass"
    )]
    Import(ExportArgs),
    /// Whom this wallet trusts.
    #[command(subcommand, after_help = "Example:\n  wallet trust import trust.json\n  wallet trust list")]
    Trust(TrustCommand),
    /// Credential types that do not come with this wallet.
    #[command(subcommand, after_help = "Example:\n  wallet type add library-card\n  wallet type list")]
    Type(TypeCommand),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct InitArgs {
    /// Set up for a demonstration on this machine: http on the origins of --allow, status lists refetched after 1 s.
    #[arg(long)]
    pub(crate) demo: bool,
    /// Exact loopback origins that may be contacted over http, such as http://localhost:8081.
    #[arg(long, value_name = "ORIGIN", num_args = 1.., requires = "demo")]
    pub(crate) allow: Vec<String>,
    /// Answer only requests of the High Assurance Interoperability Profile (HAIP 1.0): signed under a certificate, answered encrypted.
    #[arg(long)]
    pub(crate) haip: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct AcceptArgs {
    /// The offer: the link that the issuer gave you.
    pub(crate) offer: String,
    /// The code that the issuer gave you by another way, where it gave one.
    #[arg(long, value_name = "CODE")]
    pub(crate) tx_code: Option<String>,
    /// Bind it to a new key of this kind, EdDSA, ES256 or ES384 [default: what suits the format, of what the issuer takes].
    #[arg(long, value_name = "ALGORITHM", value_parser = parse_algorithm)]
    pub(crate) key: Option<Algorithm>,
    /// Yes to every question.
    #[arg(long)]
    pub(crate) yes: bool,
}

fn parse_algorithm(name: &str) -> Result<Algorithm, String> {
    let names = || Algorithm::ALL.map(Algorithm::jose_name).join(", ");
    Algorithm::from_jose_name(name).ok_or_else(|| format!("one of {}", names()))
}

#[derive(Debug, ClapArgs)]
pub(crate) struct CredentialArgs {
    /// The credential, as `wallet list` names it.
    pub(crate) id: String,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ExplainArgs {
    /// A credential, as `wallet list` names it; or the link of a request or an offer.
    pub(crate) what: String,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct OpenArgs {
    /// A link of an offer or a request, to look at first.
    pub(crate) link: Option<String>,
    /// Port on this computer [default: a free one].
    #[arg(long, value_name = "PORT", default_value_t = 0, hide_default_value = true)]
    pub(crate) port: u16,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct DeleteArgs {
    /// The credential, as `wallet list` names it.
    pub(crate) id: String,
    /// Yes to every question.
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct RequestArgs {
    /// The request: the link that the service shows.
    pub(crate) request: String,
    /// Answer the query QUERY with this credential, where several would do.
    #[arg(long = "use", value_name = "QUERY=CREDENTIAL", value_parser = parse_choice)]
    pub(crate) choices: Vec<(String, String)>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct PresentArgs {
    #[command(flatten)]
    pub(crate) request: RequestArgs,
    /// Yes to showing what is asked.
    #[arg(long)]
    pub(crate) yes: bool,
    /// With --yes: yes, too, to a service that nobody vouches for.
    #[arg(long, requires = "yes")]
    pub(crate) unknown_verifier_too: bool,
    /// With --yes: yes, too, to what goes beyond the purpose registered for the service. The history records it.
    #[arg(long, requires = "yes")]
    pub(crate) beyond_purpose_too: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ExportArgs {
    /// The file.
    pub(crate) file: PathBuf,
    /// File whose first line is the passphrase of the copy (not the wallet's).
    #[arg(long, value_name = "FILE")]
    pub(crate) export_passphrase_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TrustCommand {
    /// Take in a trust list. Whoever is in both lists is trusted as the new one says.
    #[command(after_help = "Example:\n  wallet trust import trust.json")]
    Import(TrustImportArgs),
    /// Show whom this wallet trusts, and for what.
    #[command(after_help = "Example:\n  wallet trust list")]
    List,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct TrustImportArgs {
    /// The file: `{"issuers":[…],"verifiers":[…]}`.
    pub(crate) file: PathBuf,
    /// Forget the list before.
    #[arg(long)]
    pub(crate) replace: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TypeCommand {
    /// Take in a type that an issuer gives you as a folder: its credentials are then read and shown in every format.
    #[command(after_help = "Example:\n  wallet type add library-card")]
    Add(TypeAddArgs),
    /// Show the types this wallet knows.
    #[command(after_help = "Example:\n  wallet type list")]
    List,
    /// Forget a type that you added. Its credentials stay.
    #[command(after_help = "Example:\n  wallet type remove library-card")]
    Remove(TypeRemoveArgs),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct TypeAddArgs {
    /// The folder of the type, with its type.json.
    pub(crate) folder: PathBuf,
    /// Yes to every question.
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct TypeRemoveArgs {
    /// The type, as `wallet type list` names it.
    pub(crate) id: String,
    /// Yes to every question.
    #[arg(long)]
    pub(crate) yes: bool,
}

fn parse_choice(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((query, credential)) if !query.is_empty() && !credential.is_empty() => {
            Ok((query.to_owned(), credential.to_owned()))
        }
        _ => Err("write it as QUERY=CREDENTIAL".to_owned()),
    }
}
