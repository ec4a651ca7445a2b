use std::{net::SocketAddr, path::PathBuf};

use clap::{Parser, Subcommand, ValueEnum};
use portage_federation::EntityId;
use portage_service::staff::StaffCommand;
use url::Url;

use crate::{commands::check::CheckArgs, config::RequestPrefix};

/// Asks wallets for the least a purpose needs, and decides.
#[derive(Debug, Parser)]
#[command(name = "verifier", version, propagate_version = true)]
#[command(
    after_help = "Example:\n  verifier init --demo\n  verifier serve\n  verifier request --purpose market-vendor-permit"
)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, clap::Args)]
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
    /// Make the folder of a new verifier: configuration, keys, trust list, store.
    #[command(after_help = "Example:\n  verifier init --listen 127.0.0.1:8084 --url https://market.example")]
    Init(InitArgs),
    /// Answer relying parties and wallets until told to stop.
    #[command(after_help = "Example:\n  verifier --dir market serve --json")]
    Serve(ServeArgs),
    /// Make a request for a registered purpose.
    #[command(after_help = "Example:\n  verifier request --purpose market-vendor-permit --json")]
    Request(RequestArgs),
    /// Show what became of a request.
    #[command(after_help = "Example:\n  verifier result tR4nsact10n --json")]
    Result(ResultArgs),
    /// Tell in plain words what became of a request and what the decision rests on. Tells no claim's value.
    #[command(
        after_help = "Example:\n  verifier explain tR4nsact10n --lang fr\n  verifier explain tR4nsact10n --json"
    )]
    Explain(ExplainArgs),
    /// Check credentials and presentations in files, offline.
    #[command(
        after_help = "Example:\n  verifier check --trust any --did-document issuer.json credential.jwt"
    )]
    Check(CheckArgs),
    /// Who may use the counter.
    #[command(
        subcommand,
        after_help = "Example:\n  verifier staff add maria\n  verifier staff add maria --code\n  verifier staff list --json"
    )]
    Staff(StaffCommand),
    /// Work on the file of a purpose.
    #[command(subcommand, after_help = "Example:\n  verifier purpose lint purposes/library-card.json")]
    Purpose(PurposeCommand),
    /// Work on the rules of a purpose, which are files in Cedar.
    #[command(subcommand, after_help = "Example:\n  verifier policy check policies/resident-rate.cedar")]
    Policy(PolicyCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Tell in both languages what is wrong with a policy, held against what its purposes ask.
    #[command(
        after_help = "Example:\n  verifier policy check policies/resident-rate.cedar\n  verifier policy check draft.cedar --purpose purposes/resident-rate.json --json"
    )]
    Check(PolicyCheckArgs),
    /// Read the rules of a purpose as sentences, each with what it reads.
    #[command(after_help = "Example:\n  verifier policy show market-vendor-permit --lang fr")]
    Show(PolicyShowArgs),
    /// Print the Cedar schema of what the rules may read.
    #[command(
        after_help = "Example:\n  verifier policy schema market-vendor-permit > market.cedarschema\n  verifier policy schema --type business-licence"
    )]
    Schema(PolicySchemaArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct PolicyCheckArgs {
    /// The file of the policy: its name, without .cedar, is its id.
    pub(crate) file: PathBuf,
    /// The purpose it is for, by its id or its file [default: every purpose that names it].
    #[arg(long, value_name = "PURPOSE")]
    pub(crate) purpose: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct PolicyShowArgs {
    /// The purpose, by its id or its file.
    pub(crate) purpose: String,
    /// Language of the words [default: that of this computer].
    #[arg(long)]
    pub(crate) lang: Option<Lang>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct PolicySchemaArgs {
    /// The purpose, by its id or its file.
    #[arg(required_unless_present = "type", conflicts_with = "type")]
    pub(crate) purpose: Option<String>,
    /// All claims of a type instead, as a purpose reads them that calls its query `credential`.
    #[arg(long, value_name = "TYPE")]
    pub(crate) r#type: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PurposeCommand {
    /// Tell what a purpose asks too much, why, and the smaller query that would serve.
    #[command(
        after_help = "Example:\n  verifier purpose lint purposes/library-card.json\n  verifier purpose lint purposes/mailing.json --reads residency.street_address --json"
    )]
    Lint(PurposeLintArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct PurposeLintArgs {
    /// The file of the purpose.
    pub(crate) file: PathBuf,
    /// What your decision reads beside the purpose's policy: QUERY.CLAIM, or QUERY for the credential alone. With a policy or with this,
    /// everything else that staff do not see counts as not read.
    #[arg(long, value_name = "QUERY.CLAIM", num_args = 1..)]
    pub(crate) reads: Vec<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct InitArgs {
    /// Set up for a demonstration on this machine: http on loopback, status lists refetched after 1 s.
    #[arg(long)]
    pub(crate) demo: bool,
    /// Where the service listens.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8084")]
    pub(crate) listen: SocketAddr,
    /// Where people and wallets reach it [default: http://localhost:PORT].
    #[arg(long)]
    pub(crate) url: Option<Url>,
    /// Loopback origins that may be contacted over http, beside the service's own.
    #[arg(long, value_name = "ORIGIN", num_args = 1..)]
    pub(crate) allow: Vec<String>,
    /// An authority that vouches for this verifier, by its address.
    #[arg(long, value_name = "URL")]
    pub(crate) superior: Vec<EntityId>,
    /// The name that requests are signed under. With openid_federation wallets take keys and addresses from the trust chain alone.
    #[arg(long, value_name = "PREFIX", default_value = "decentralized_identifier")]
    pub(crate) client_id_prefix: RequestPrefix,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ServeArgs {
    /// Where this process listens, if not where the configuration says: several may serve one folder behind one address.
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<SocketAddr>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RequestArgs {
    /// The purpose's id.
    #[arg(long)]
    pub(crate) purpose: String,
    /// The wallet runs on the device that shows the request: the result then needs the response code.
    #[arg(long)]
    pub(crate) same_device: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ResultArgs {
    /// The transaction that `request` printed.
    pub(crate) transaction: String,
    /// What the person's browser brought back, for a request on the same device. Good once.
    #[arg(long, value_name = "CODE")]
    pub(crate) response_code: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ExplainArgs {
    /// The transaction that `request` printed.
    pub(crate) transaction: String,
    /// Language of the words [default: that of this computer].
    #[arg(long)]
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
