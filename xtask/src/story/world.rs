//! The parties of the story, started and stopped.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Child;

use super::{
    PURPOSE, PURPOSE_OF_OTHER_FORMS, Plot, learned,
    party::{Program, Service, StoryClock},
};

/// Two authorities, four issuers, two verifiers, one wallet, in one temporary folder.
pub struct World {
    /// Canada vouches for the Province and for the federal issuer; wallet and verifiers pin its key and nothing else.
    pub(crate) canada: Service,
    /// The Province as an authority: vouches for its own issuer, for the City, the village, the market and the stall, and signs their purposes.
    pub(crate) registry: Service,
    /// The Province: Person.
    pub(crate) province: Service,
    /// The federal tier: Operator Card.
    pub(crate) federal: Service,
    /// The City: Business Licence.
    pub(crate) city: Service,
    /// A village, which may issue business licences and tries more.
    pub(crate) village: Service,
    /// The service that grants vendor permits.
    pub(crate) market: Service,
    /// A stall that registered the same purpose, and asks for more with software of its own.
    pub(crate) stall: Service,
    /// The citizen's wallet.
    pub(crate) wallet: Program,
    /// `wallet open`, where it is served.
    pages: Option<Child>,
    folder: TempDir,
}

/// The Standard Geographical Classification of the City and of the village.
const VANCOUVER: &str = "CA-BC-5915022";
const VILLAGE: &str = "CA-BC-5931020";

impl World {
    /// Makes the parties, lets the authorities vouch for the issuers, pins Canada, and starts the services.
    pub(crate) async fn start(programs: &Path, plot: &Plot) -> Result<Self> {
        let clock = plot.clock.map(StoryClock::starting_at);
        // Both TLS stacks of the tree are possible providers; a demo on loopback uses neither, but the client wants one named.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::Builder::new().prefix("portage-demo-").tempdir()?;
        let at = |name: &str| folder.path().join(name);
        let program = |name: &str, folder: &str| Program::new(programs, name, at(folder), clock);
        let canada = Service::reserve(program("authority", "canada")?).await?;
        let registry = Service::reserve(program("authority", "registry")?).await?;
        let province = Service::reserve(program("issuer", "province")?).await?;
        let federal = Service::reserve(program("issuer", "federal")?).await?;
        let city = Service::reserve(program("issuer", "city")?).await?;
        let village = Service::reserve(program("issuer", "village")?).await?;
        let market = Service::reserve(program("verifier", "market")?).await?;
        let stall = Service::reserve(program("verifier", "stall")?).await?;
        let passphrase = at("passphrase");
        std::fs::write(&passphrase, "correct horse battery staple\n")?;
        let wallet = program("wallet", "wallet")?.with_passphrase(passphrase);

        let mut world = World {
            canada,
            registry,
            province,
            federal,
            city,
            village,
            market,
            stall,
            wallet,
            pages: None,
            folder,
        };
        world.init(plot).await?;
        world.share_trust().await?;
        if plot.other_forms {
            world.use_other_forms()?;
        }
        for service in world.services_mut() {
            service.serve().await?;
        }
        world.vouch().await?;
        world.sign_purposes(plot).await?;
        Ok(world)
    }

    /// Makes the folders. Each issuer says who is above it.
    async fn init(&mut self, plot: &Plot) -> Result<()> {
        let (canada, registry) = (self.canada.url().to_owned(), self.registry.url().to_owned());
        let below_canada = [registry.as_str(), self.federal.url()].map(str::to_owned);
        let below_registry = [&self.province, &self.city, &self.village, &self.market, &self.stall]
            .map(|service| service.url());
        let below_registry = below_registry.map(str::to_owned);
        let allow = |origins: &[String]| -> Vec<String> {
            origins.iter().flat_map(|origin| ["--allow".to_owned(), origin.clone()]).collect()
        };
        let name = |en: &str, fr: &str| ["--name-en", en, "--name-fr", fr].map(str::to_owned).to_vec();

        let mut arguments = name("Government of Canada", "Gouvernement du Canada");
        arguments.extend(["--jurisdiction".to_owned(), "CA".to_owned()]);
        arguments.extend(allow(&below_canada));
        self.canada.init(&arguments).await?;

        let mut arguments = name("Province of British Columbia", "Province de la Colombie-Britannique");
        arguments.extend(["--jurisdiction".to_owned(), "CA-BC".to_owned()]);
        arguments.extend(["--superior".to_owned(), canada.clone()]);
        arguments.extend(allow(&below_registry));
        self.registry.init(&arguments).await?;

        let issuers = [
            (
                &mut self.province,
                &registry,
                name("British Columbia Identity Office", "Bureau d’identité de la Colombie-Britannique"),
            ),
            (&mut self.federal, &canada, name("Transport Canada", "Transports Canada")),
            (&mut self.city, &registry, name("City of Vancouver", "Ville de Vancouver")),
            (&mut self.village, &registry, name("Village of Lions Bay", "Village de Lions Bay")),
        ];
        for (issuer, superior, mut arguments) in issuers {
            arguments.extend(["--superior".to_owned(), superior.clone()]);
            if plot.ecdsa {
                // Every format under the P-384 key, documents under ecdsa-rdfc-2019.
                arguments.extend(["--algorithm".to_owned(), "ES384".to_owned()]);
            }
            issuer.init(&arguments).await?;
        }
        let mut reached = self.reached();
        reached.push(registry.clone());
        for verifier in [&mut self.stall, &mut self.market] {
            let mut arguments = allow(&reached);
            arguments.extend(["--superior".to_owned(), registry.clone()]);
            verifier.init(&arguments).await?;
        }
        Ok(())
    }

    /// The authorities say who may issue what, and for whom.
    async fn vouch(&self) -> Result<()> {
        let registry = self.registry.url();
        let all = ["issuer", "verifier", "authority"];
        register(&self.canada, registry, &all, &["person", "business-licence"], "CA-BC").await?;
        register(&self.canada, self.federal.url(), &["issuer"], &["operator-card"], "CA").await?;
        register(&self.registry, self.province.url(), &["issuer"], &["person"], "CA-BC").await?;
        register(&self.registry, self.city.url(), &["issuer"], &["business-licence"], VANCOUVER).await?;
        register(&self.registry, self.village.url(), &["issuer"], &["business-licence"], VILLAGE).await?;
        for (verifier, en, fr) in [
            (&self.market, "Harbour Market", "Marché du port"),
            (&self.stall, "Dockside Stall", "Kiosque du quai"),
        ] {
            let named = ["--name-en", en, "--name-fr", fr];
            let arguments = [&["register", verifier.url(), "--yes", "--as", "verifier"][..], &named].concat();
            self.registry.program.lines(&arguments).await?;
        }
        Ok(())
    }

    /// The registry lets market and stall ask for the purpose; they start again with it, and fetch the registry's word and a trust chain.
    async fn sign_purposes(&mut self, plot: &Plot) -> Result<()> {
        let forms = plot.other_forms.then(purpose_of_other_forms).transpose()?;
        let signed = [(PURPOSE, PURPOSE_FILE.to_owned())].into_iter();
        let signed: Vec<_> = signed.chain(forms.map(|text| (PURPOSE_OF_OTHER_FORMS, text))).collect();
        for verifier in [&mut self.market, &mut self.stall] {
            for (id, text) in &signed {
                let file = write_purpose(verifier, &format!("{id}.json"), text)?;
                let path = file.to_str().context("a temporary folder with a UTF-8 name")?;
                self.registry.program.one(&["purpose", verifier.url(), path]).await?;
            }
            verifier.stop().await?;
            verifier.serve().await?;
            let mut carried = vec!["/trust_chain".to_owned()];
            carried.extend(signed.iter().map(|(id, _)| format!("/purposes/{id}")));
            verifier.wait_for(&carried).await?;
        }
        Ok(())
    }

    /// `trust.json` for verifiers and wallet: the key of one authority.
    async fn share_trust(&self) -> Result<()> {
        let trust = self.canada.program.one(&["anchor"]).await?;
        let text = serde_json::to_vec_pretty(&trust)?;
        for verifier in [&self.market, &self.stall] {
            std::fs::write(verifier.program.folder.join("trust.json"), &text)?;
        }
        let file = self.folder.path().join("trust.json");
        std::fs::write(&file, &text)?;

        let mut arguments = vec!["init", "--demo", "--allow"];
        let reached = self.reached();
        arguments.extend(reached.iter().map(String::as_str));
        arguments.extend([self.market.url(), self.stall.url()]);
        self.wallet.lines(&arguments).await?;
        let file = file.to_str().context("a temporary folder with a UTF-8 name")?;
        self.wallet.lines(&["trust", "import", file]).await?;
        Ok(())
    }

    /// Whom the wallet contacts, besides those who ask: the anchor, and the issuers.
    fn reached(&self) -> Vec<String> {
        [&self.canada, &self.province, &self.federal, &self.city, &self.village]
            .map(|service| service.url().to_owned())
            .to_vec()
    }

    /// The card under the other cryptosuite.
    fn use_other_forms(&self) -> Result<()> {
        let config = self.federal.program.folder.join("issuer.toml");
        let text = std::fs::read_to_string(&config)?;
        let (before, after) = ("data_integrity = \"eddsa-rdfc-2022\"", "data_integrity = \"eddsa-jcs-2022\"");
        ensure!(text.contains(before), "issuer.toml names the cryptosuite");
        Ok(std::fs::write(&config, text.replace(before, after))?)
    }

    fn services_mut(&mut self) -> [&mut Service; 8] {
        [
            &mut self.canada,
            &mut self.registry,
            &mut self.province,
            &mut self.federal,
            &mut self.city,
            &mut self.village,
            &mut self.market,
            &mut self.stall,
        ]
    }

    /// What each party learned from the messages since the last call: `"<party>: <fact>"`.
    pub(crate) fn learned(&self) -> Vec<String> {
        let mut told = Vec::new();
        for (name, service) in self.named() {
            let exchanges = service.take_exchanges();
            told.extend(learned::by_wallet(&exchanges).into_iter().map(|fact| format!("the wallet: {fact}")));
            told.extend(learned::by_service(&exchanges).into_iter().map(|fact| format!("{name}: {fact}")));
        }
        told
    }

    fn named(&self) -> [(&'static str, &Service); 8] {
        [
            ("Canada", &self.canada),
            ("the Province's registry", &self.registry),
            ("the Province", &self.province),
            ("the federal tier", &self.federal),
            ("the City", &self.city),
            ("the village", &self.village),
            ("the market", &self.market),
            ("the stall", &self.stall),
        ]
    }

    /// `[{"who","url"}]`.
    pub fn services(&self) -> Value {
        self.named().iter().map(|(who, service)| json!({"who": who, "url": service.url()})).collect()
    }

    /// Serves the wallet's pages, locked, so that the wallet's commands work beside them until somebody unlocks it. What is told of them:
    /// `{"open","pages":[{"program","name","url"}]}`, every page that can be opened now, in both languages.
    ///
    /// # Errors
    /// The wallet did not start.
    pub async fn open_pages(&mut self) -> Result<Value> {
        let held = self.wallet.lines(&["list"]).await?;
        let events = self.wallet.lines(&["history"]).await?;
        let credential = held.first().and_then(|held| held["id"].as_str());
        let shown = events.iter().find(|event| event["what"] == "presented");
        let shown = shown.and_then(|event| event["id"].as_str());
        let (process, told) = self.wallet.without_passphrase().start(&["open"]).await?;
        self.pages = Some(process);
        let mut pages = vec![json!({ "program": "wallet", "name": "open", "url": told["open"] })];
        for page in told["pages"].as_array().into_iter().flatten() {
            let name = page["name"].as_str().unwrap_or_default();
            let id = match name {
                "credential" | "explain" | "delete" => credential,
                "receipt" | "erasure" | "complaint" => shown,
                _ => None,
            };
            for language in ["en", "fr"] {
                let url = page[language].as_str().unwrap_or_default();
                // What a story of the pages has not begun yet has no address.
                let url = match (url.contains("{id}"), id) {
                    (false, _) => url.to_owned(),
                    (true, Some(id)) => url.replace("{id}", id),
                    (true, None) => continue,
                };
                pages.push(json!({ "program": "wallet", "name": name, "lang": language, "url": url }));
            }
        }
        let counter = open_door(&self.market, "counter", &["robin"], &mut pages).await?;
        let clerk = open_door(&self.city, "clerk", &["ada", "--role", "clerk"], &mut pages).await?;
        Ok(json!({ "open": told["open"], "counter": counter, "clerk": clerk, "pages": pages }))
    }

    /// The folder of each party: its configuration, keys and store. For a test that searches them.
    pub fn folders(&self) -> Vec<(&'static str, PathBuf)> {
        let mut folders: Vec<_> =
            self.named().iter().map(|(who, service)| (*who, service.program.folder.clone())).collect();
        folders.push(("the wallet", self.wallet.folder.clone()));
        folders
    }

    /// What to type next, for `--keep`.
    pub fn commands_to_try(&self) -> Vec<String> {
        let mut lines = vec!["The services are running:".to_owned()];
        lines.extend(self.named().iter().map(|(who, service)| format!("  {who}: {}", service.url())));
        let wallet = self.wallet.command_line();
        lines.push("Try, in another terminal:".to_owned());
        lines.push(format!("  {wallet} list"));
        lines.push(format!("  {wallet} history"));
        lines.push(format!("  {} list", self.registry.program.command_line()));
        lines.push(format!("  {} request --purpose {PURPOSE}", self.market.program.command_line()));
        lines.push(format!("  {wallet} review '<the request_uri it prints>'"));
        lines.push("Ctrl-C stops them and removes everything.".to_owned());
        lines
    }

    /// Stops the services and removes the folder.
    ///
    /// # Errors
    /// A service that did not stop by itself.
    pub async fn stop(mut self) -> Result<()> {
        if let Some(mut pages) = self.pages.take() {
            pages.kill().await?;
        }
        for service in self.services_mut() {
            service.stop().await?;
        }
        self.folder.close().context("removing the temporary folder")
    }
}

/// The purpose that the market registered, as it is in the box.
const PURPOSE_FILE: &str = include_str!("../../../specs/purposes/market-vendor-permit.json");

/// The same, asking for the licence as `vc+jwt`.
fn purpose_of_other_forms() -> Result<String> {
    let (before, after) = ("\"format\": \"vc+sd-jwt\"", "\"format\": \"vc+jwt\"");
    ensure!(PURPOSE_FILE.contains(before), "the purpose asks for a licence as vc+sd-jwt");
    // The id alone: its policy is that of the box.
    let id = |id: &str| format!("\"id\": \"{id}\"");
    Ok(PURPOSE_FILE.replace(&id(PURPOSE), &id(PURPOSE_OF_OTHER_FORMS)).replace(before, after))
}

/// A file of a verifier's purposes.
fn write_purpose(verifier: &Service, name: &str, text: &str) -> Result<PathBuf> {
    let folder = verifier.program.folder.join("purposes");
    std::fs::create_dir_all(&folder)?;
    let file = folder.join(name);
    std::fs::write(&file, text)?;
    Ok(file)
}

/// `authority register`: who may do what, for which types and for whom.
async fn register(
    authority: &Service,
    entity: &str,
    roles: &[&str],
    types: &[&str],
    jurisdiction: &str,
) -> Result<()> {
    let mut arguments = vec!["register", entity, "--yes", "--as"];
    arguments.extend(roles);
    arguments.push("--may-issue");
    arguments.extend(types);
    arguments.extend(["--jurisdiction", jurisdiction]);
    authority.program.lines(&arguments).await.map(drop)
}

/// The pages of a service's staff, for somebody who comes in with a link that works once. The link.
async fn open_door(service: &Service, name: &str, account: &[&str], pages: &mut Vec<Value>) -> Result<Value> {
    let made = service.program.one(&[&["staff", "add"], account, &["--code"]].concat()).await?;
    pages.push(json!({ "program": name, "name": "open", "url": made["open"] }));
    for page in service.ready["pages"].as_array().into_iter().flatten() {
        for language in ["en", "fr"] {
            let url = page[language].as_str().unwrap_or_default();
            if !url.contains("{id}") {
                pages.push(json!({ "program": name, "name": page["name"], "lang": language, "url": url }));
            }
        }
    }
    Ok(made["open"].clone())
}
