//! The command line, as data. The doc comments are the reference: `docs/cli.md` is made from them.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// GitOps for databases: from a git branch to every production database, exactly once.
#[derive(Debug, Parser)]
#[command(name = "sluice", version, max_term_width = 100, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// The project's configuration; the nearest sluice.toml upwards by default
    #[arg(long, global = true, value_name = "PATH", env = "SLUICE_CONFIG")]
    pub config: Option<PathBuf>,
    /// Only this environment
    #[arg(long, global = true, value_name = "NAME")]
    pub env: Option<String>,
    /// Only these databases: a name, several with commas, group:NAME, or a CEL expression
    #[arg(long, global = true, value_name = "NAME|CEL")]
    pub database: Option<String>,
    /// Output for people or for programs
    #[arg(long, global = true, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    /// Only results and errors
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// More detail: statements, timings
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// No progress bars
    #[arg(long, global = true)]
    pub no_progress: bool,
    /// Do not ask: on a terminal deploy asks once before it applies anything, and baseline before it records everything
    #[arg(short, long, global = true)]
    pub yes: bool,
}

impl Global {
    /// The databases that are meant.
    pub fn selection(&self) -> sluice_runner::Selection {
        sluice_runner::Selection { env: self.env.clone(), database: self.database.clone() }
    }
}

/// Formats of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Human,
    /// One JSON object on standard output.
    Json,
    /// Only the SQL (diff only)
    Sql,
    /// Findings as SARIF 2.1.0 (check only)
    Sarif,
    /// Findings as JUnit XML (check only)
    Junit,
    /// Findings as annotations of GitHub Actions (check only)
    Github,
    /// Findings as a code quality report of GitLab (check only)
    Gitlab,
    /// Findings as a comment for a pull request (check only)
    Markdown,
}

impl Format {
    /// Whether only findings have this format.
    pub fn is_for_findings(self) -> bool {
        !matches!(self, Self::Human | Self::Json | Self::Sql)
    }
}

/// Engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Engine {
    Postgres,
    Mysql,
    Mariadb,
    Sqlite,
}

impl Engine {
    /// Its dialect.
    pub fn dialect(self) -> sluice_sql::Dialect {
        match self {
            Self::Postgres => sluice_sql::Dialect::Postgres,
            Self::Mysql => sluice_sql::Dialect::Mysql,
            Self::Mariadb => sluice_sql::Dialect::Mariadb,
            Self::Sqlite => sluice_sql::Dialect::Sqlite,
        }
    }
}

/// Severities from which on a review fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "the names say it")]
pub enum FailOn {
    Error,
    Warning,
    Info,
    Never,
}

/// Commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Set a project up: find migration directories and write sluice.toml
    Init(Init),
    /// Start a new change: an empty migration file with the next version
    New(New),
    /// Review changes: what would hurt, before it is merged
    ///
    /// In a project, every change is reviewed, or only those that are new since --base or that are named; the others are replayed
    /// before them. With --engine and file names no project is needed: each file is a change of its own.
    Check(Check),
    /// List the rules of the review, or explain one
    Rules(Rules),
    /// Serve the review to editors: a language server on standard input and output
    ///
    /// Findings while somebody types, fixes, suppressions, and what a statement locks. docs/editors.md tells how editors start it.
    Lsp(Lsp),
    /// Read how big tables are and how much they are used, for reviews
    ///
    /// Holds numbers only: no rows, no texts of queries. Of several databases the largest number of each table is kept.
    Stats(Stats),
    /// Compare two schemas, and write the SQL that leads from one to the other
    ///
    /// Each side is a file or a directory of SQL, a directory of migrations (DIRECTORY@VERSION up to a version), either of a commit
    /// (git:REVISION:PATH), a snapshot file, a database of sluice.toml, env:NAME, or a URL. SQL is run in a scratch database, which is
    /// made on the server that --shadow names, or on that of the other side. Nothing else is changed.
    Diff(Diff),
    /// Show what was done to databases behind the ledger's back: each schema held against what its last change has left
    ///
    /// Snapshots are kept after each run where `drift` in [policy] is not off. With FROM and TO any two schemas are compared, each
    /// named as for `sluice diff`.
    Drift(Drift),
    /// Show what a deployment would do, database by database, with the exact SQL
    Plan(Plan),
    /// Bring the databases to the release: plan, gates, rollout, in one go; safe to repeat
    Deploy(Deploy),
    /// Take changes back, the last one first, each by the way back that was written for it
    ///
    /// Shows what would run; runs it when a person at a terminal agrees, or with --yes. Interrupted at any moment, the same command
    /// goes on. What is taken back is pending again.
    Rollback(Rollback),
    /// Show where every database stands
    Status(Status),
    /// Show what was done to the databases, failures included
    History(History),
    /// Record changes as already there, without running them
    ///
    /// It is the claim of a person who has looked. Without `--to` it is about every change of the repository: on a terminal it asks
    /// first, elsewhere it wants `--yes` as soon as there is more than one database. A change that is half applied is refused, and so
    /// is what somebody has rejected for the database.
    Baseline(Baseline),
    /// Show what is wrong with a ledger, and mend what evidence supports
    Repair(Repair),
    /// Immutable sets of changes, named by their content
    #[command(subcommand)]
    Release(Release),
    /// Rollouts: what waits, why, and what may go on
    #[command(subcommand)]
    Rollout(Rollout),
    /// Run the server: follows repositories, rolls out, asks people where gates want it
    ///
    /// The first start prints the token of an admin once. docs/server.md leads from there to the first rollout.
    Serve(Serve),
    /// Run an agent: works on databases that the server does not reach, and connects outward only
    ///
    /// docs/agents.md leads from an enrolment token to the first rollout.
    Agent(Agent),
    /// What a server keeps in its folder: copies of it
    #[command(subcommand)]
    Server(Server),
    /// The audit log of a server
    #[command(subcommand)]
    Audit(Audit),
    /// Write completions for a shell to standard output
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Write the manual page to standard output
    Man,
}

/// Set a project up.
#[derive(Debug, Args)]
pub struct Init {
    /// Directory of the project
    #[arg(default_value = ".")]
    pub directory: PathBuf,
    /// Overwrite an existing sluice.toml
    #[arg(long)]
    pub force: bool,
}

/// Start a new change.
#[derive(Debug, Args)]
pub struct New {
    /// What the change does, for example add-orders-total
    pub name: String,
    /// Write the statements that lead from what the changes make to the declared schema, and the way back
    #[arg(long)]
    pub from_schema: bool,
    /// Where scratch databases are made: env:NAME, or a URL without a password; `shadow` in sluice.toml by default
    #[arg(long, value_name = "DATABASE|URL", requires = "from_schema")]
    pub shadow: Option<String>,
    /// Accept statements with this hazard, several with commas; those that delete data are refused otherwise
    #[arg(long, value_name = "HAZARD|all", value_delimiter = ',', requires = "from_schema")]
    pub allow: Vec<String>,
}

/// Review changes.
#[derive(Debug, Default, Args)]
pub struct Check {
    /// Changes to review; `-` is standard input, with --engine
    pub paths: Vec<PathBuf>,
    /// Engine that the files are for; told from the databases' urls in a project
    #[arg(long, value_enum)]
    pub engine: Option<Engine>,
    /// Version of the servers, for example 16 or 8.0.36; the oldest supported one by default
    #[arg(long, value_name = "VERSION")]
    pub server_version: Option<String>,
    /// SQL file with the schema that exists before the reviewed files; may be given several times
    #[arg(long, value_name = "FILE")]
    pub schema: Vec<PathBuf>,
    /// Database to take the schema from, and to review only what it has not applied: one of sluice.toml, env:NAME, file:PATH,
    /// exec:COMMAND, a URL without a password, or a SQLite file. Nothing is written to it
    #[arg(long, value_name = "DATABASE|URL", conflicts_with = "schema")]
    pub against: Option<String>,
    /// Run the changes in a scratch database on this server first: what fails there is a finding, and what it locks and does is measured;
    /// `auto` starts a server that is installed here
    #[arg(long, value_name = "DATABASE|URL|auto", conflicts_with_all = ["fix", "diff"])]
    pub shadow: Option<String>,
    /// On the shadow, go the way back of each change and forward again, and compare the schemas
    #[arg(long, conflicts_with_all = ["fix", "diff"])]
    pub reversibility: bool,
    /// Keep the schema of --against and what is applied there in sluice.lock.json, for reviews without a database
    #[arg(long, requires = "against")]
    pub write_lock: bool,
    /// Statistics that `sluice stats` has written; sluice.stats.json beside sluice.toml by default
    #[arg(long, value_name = "FILE")]
    pub stats: Option<PathBuf>,
    /// Review what is new since this branch or commit, with its policy; or what a baseline file (a name with .json) does not list
    #[arg(long, value_name = "REV|FILE")]
    pub base: Option<String>,
    /// File of the findings that are known and are not reported; sluice.baseline.json of the project by default
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Write what is found now into the baseline file: later reviews do not report it
    #[arg(
        long,
        value_name = "FILE",
        num_args = 0..=1,
        require_equals = true,
        conflicts_with_all = ["base", "fix"]
    )]
    pub write_baseline: Option<Option<PathBuf>>,
    /// Set of rules to start from: recommended, strict, all
    #[arg(long, value_name = "SET")]
    pub extends: Option<String>,
    /// Severity of a rule: error, warning, info, off; may be given several times
    #[arg(long, value_name = "ID=SEVERITY")]
    pub rule: Vec<String>,
    /// Lowest severity that makes the review fail
    #[arg(long, value_enum)]
    pub fail_on: Option<FailOn>,
    /// Write the fixes into the files, then review again; the fixed text to standard output for `-`
    #[arg(long)]
    pub fix: bool,
    /// Show what --fix would write at first, as a unified diff, and write nothing
    #[arg(long, conflicts_with = "fix")]
    pub diff: bool,
}

/// Serve the review to editors.
#[derive(Debug, Args)]
pub struct Lsp {
    /// What many editors add; standard input and output are used anyway.
    #[arg(long, hide = true)]
    pub stdio: bool,
}

/// List the rules.
#[derive(Debug, Args)]
pub struct Rules {
    /// The rule to explain
    pub rule: Option<String>,
    /// Only rules for this engine
    #[arg(long, value_enum)]
    pub engine: Option<Engine>,
    /// Only rules of this category
    #[arg(long)]
    pub category: Option<String>,
}

/// Read how big tables are.
#[derive(Debug, Args)]
pub struct Stats {
    /// Read it from this database instead of those of sluice.toml: env:NAME, file:PATH, exec:COMMAND, a URL without a password, or
    /// a SQLite file
    #[arg(long, value_name = "DATABASE|URL")]
    pub against: Option<String>,
    /// Write it to this file; sluice.stats.json is found by `sluice check`
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Compare two schemas.
#[derive(Debug, Args)]
pub struct Diff {
    /// The schema as it is
    pub from: String,
    /// The schema as it is to be
    #[arg(required_unless_present = "dump")]
    pub to: Option<String>,
    /// Write FROM as files of SQL into this directory, one for each object, instead of comparing it
    #[arg(long, value_name = "DIRECTORY", conflicts_with_all = ["to", "save", "allow", "offline"])]
    pub dump: Option<PathBuf>,
    /// The engine of files of SQL
    #[arg(long, value_enum)]
    pub engine: Option<Engine>,
    /// Where scratch databases are made: env:NAME, or a URL without a password; where both sides are files, a server that is
    /// installed here is started for it by default
    #[arg(long, value_name = "DATABASE|URL")]
    pub shadow: Option<String>,
    /// Version of the server that is started, for example 16 or 10.11; the newest that is installed by default
    #[arg(long, value_name = "VERSION", conflicts_with = "shadow")]
    pub server_version: Option<String>,
    /// Run the files of SQL even where an earlier run has
    #[arg(long)]
    pub no_cache: bool,
    /// Accept steps with this hazard, several with commas; steps that delete data are refused otherwise
    #[arg(long, value_name = "HAZARD|all", value_delimiter = ',')]
    pub allow: Vec<String>,
    /// What goes and what comes is one thing with a new name: two ids as this command shows them
    #[arg(long, value_name = "OLD=NEW")]
    pub rename: Vec<String>,
    /// What goes and what comes are two things, however alike they are
    #[arg(long, value_name = "OLD=NEW", conflicts_with = "no_renames")]
    pub no_rename: Vec<String>,
    /// Nothing is renamed: what goes is dropped and what comes is made
    #[arg(long, conflicts_with = "rename")]
    pub no_renames: bool,
    /// Write the short forms of statements, which keep others waiting while they run
    #[arg(long)]
    pub offline: bool,
    /// Do not try the steps in a scratch database
    #[arg(long)]
    pub no_proof: bool,
    /// Write the schema as it is to be to this file, as a snapshot
    #[arg(long, value_name = "FILE")]
    pub save: Option<PathBuf>,
}

/// Look for drift.
#[derive(Debug, Args)]
pub struct Drift {
    /// Compare any two schemas instead, as `sluice diff` names them
    #[arg(num_args = 2, value_names = ["FROM", "TO"])]
    pub sides: Vec<String>,
    /// Where scratch databases are made when a side is SQL: env:NAME, or a URL without a password
    #[arg(long, value_name = "DATABASE|URL", requires = "sides")]
    pub shadow: Option<String>,
    /// Write the change that makes it official, and record it as being there already on the database where it was done
    #[arg(long, conflicts_with_all = ["sides", "revert"])]
    pub adopt: bool,
    /// Show the statements that lead back to what the last change has left
    #[arg(long, conflicts_with = "sides")]
    pub revert: bool,
}

/// Show what a deployment would do.
#[derive(Debug, Args)]
pub struct Plan {
    /// Leave out the SQL
    #[arg(long)]
    pub summary: bool,
    /// Accept computed statements with this hazard, several with commas; those that delete data are refused otherwise
    #[arg(long, value_name = "HAZARD|all", value_delimiter = ',')]
    pub allow: Vec<String>,
}

/// Bring the databases to the release.
#[derive(Debug, Args)]
pub struct Deploy {
    /// Wait for gates that open by themselves (soak, window) for at most this long, for example 30m
    #[arg(long, value_name = "TIME")]
    pub wait: Option<String>,
    /// Wait for another deployment of this project instead of stopping
    #[arg(long, value_name = "TIME")]
    pub lock_wait: Option<String>,
    /// Accept computed statements with this hazard, several with commas; those that delete data are refused otherwise
    #[arg(long, value_name = "HAZARD|all", value_delimiter = ',')]
    pub allow: Vec<String>,
}

/// Take changes back.
#[derive(Debug, Args)]
pub struct Rollback {
    /// Take back what was applied after this change; without it, the last change
    #[arg(long, value_name = "VERSION")]
    pub to: Option<String>,
    /// Take back what was applied after this release
    #[arg(long, value_name = "DIGEST", conflicts_with = "to")]
    pub release: Option<String>,
    /// Put back the rows that the changes have updated or deleted, as far as nobody has changed them since; the changes stay
    #[arg(long)]
    pub data: bool,
    /// Only the rows of this change
    #[arg(long, value_name = "VERSION", requires = "data", conflicts_with_all = ["to", "release"])]
    pub change: Option<String>,
    /// Show what would be run, with its digest, and run nothing
    #[arg(long)]
    pub plan: bool,
    /// Agree to what would be run, where approvals are asked for, and run nothing
    #[arg(long, conflicts_with = "plan")]
    pub approve: bool,
    /// Run it without the approvals that are asked for: --reason is kept in the history
    #[arg(long, requires = "reason")]
    pub break_glass: bool,
    /// Accept that a computed way back deletes data, several hazards with commas
    #[arg(long, value_name = "HAZARD|all", value_delimiter = ',')]
    pub allow: Vec<String>,
    /// Where ways back are computed and tried: env:NAME, or a URL without a password
    #[arg(long, value_name = "DATABASE|URL")]
    pub shadow: Option<String>,
    /// Why: kept in the history
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

/// Show where every database stands.
#[derive(Debug, Args)]
pub struct Status {}

/// Show what was done to the databases.
#[derive(Debug, Args)]
pub struct History {
    /// At most so many entries for each database, the latest ones
    #[arg(long, short = 'n', value_name = "COUNT")]
    pub limit: Option<usize>,
}

/// Record changes as already there.
#[derive(Debug, Args)]
pub struct Baseline {
    /// Up to and including this version; all changes without it
    #[arg(long, value_name = "VERSION", conflicts_with = "adopt")]
    pub to: Option<String>,
    /// Take over the history of the tool that ran them before
    #[arg(long)]
    pub adopt: bool,
}

/// Show what is wrong with a ledger, and mend what evidence supports.
#[derive(Debug, Args)]
pub struct Repair {
    /// The change to decide about
    pub version: Option<String>,
    /// Statement of the change that nobody could tell about
    #[arg(long, value_name = "ORDINAL", requires = "version")]
    pub statement: Option<u64>,
    /// The statement took effect
    #[arg(long, requires = "statement", conflicts_with = "not_applied")]
    pub applied: bool,
    /// The statement did not take effect
    #[arg(long, requires = "statement")]
    pub not_applied: bool,
    /// Take the file's present checksum for the change that was edited after it was applied
    #[arg(long, requires = "version", conflicts_with = "statement")]
    pub accept: bool,
    /// Remove the change from the ledger: the repository does not have it any more
    #[arg(long, requires = "version", conflicts_with_all = ["statement", "accept"])]
    pub forget: bool,
}

/// Releases.
#[derive(Debug, Subcommand)]
pub enum Release {
    /// Create the release of the files as they are; the same content is the same release
    Create,
    /// List the releases
    List,
    /// Show one release
    Show {
        /// Digest, or the first digits of it; the latest by default
        release: Option<String>,
    },
    /// Compare the files with a release's digest and with its commit
    Verify {
        /// Digest, or the first digits of it; the latest by default
        release: Option<String>,
    },
    /// Write a release as one signed file, for where the repository is not
    ///
    /// The files must be those of the release. The same release, commit and key make the same bytes.
    Bundle {
        /// Digest, or the first digits of it; the latest by default
        release: Option<String>,
        /// Ed25519 key that signs, in PEM: `openssl genpkey -algorithm ed25519`
        #[arg(long, value_name = "FILE")]
        key_file: PathBuf,
        /// File to write
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Make a folder with the project from a bundle, and keep its release there
    ///
    /// Nothing of a bundle is read before its signature holds.
    Import {
        /// The bundle
        file: PathBuf,
        /// Public key that must have signed it, in PEM or hexadecimal digits; may be given more than once
        #[arg(long, value_name = "FILE", required = true)]
        trust: Vec<PathBuf>,
        /// Folder that is made; the name of the project by default
        #[arg(long, value_name = "DIR")]
        into: Option<PathBuf>,
    },
}

/// Rollouts.
#[derive(Debug, Subcommand)]
pub enum Rollout {
    /// Start the rollout of the release of the files as they are; the same as deploy
    Start(Deploy),
    /// List the rollouts
    List,
    /// Show one rollout
    Show(RolloutName),
    /// Follow a rollout until it ends or waits
    Watch(RolloutName),
    /// Approve what waits for approval
    ///
    /// Who wrote a change does not approve it: authors and committers of the commit that is checked out, and of the commits
    /// that touched the pending files last, do not count unless the rule has `allow_author = true`. Two identities with the
    /// same name or the same mail address are one person. Where git cannot tell the authors (a shallow clone, files that are not
    /// committed), the approval stays inconclusive; without any git repository nobody is excluded, and the gate says so.
    ///
    /// Without a server, who approves is whom git's user.name and user.email name, or SLUICE_ACTOR: a record among people
    /// who trust each other. Whoever holds the databases' credentials can get past it; keeping such people out needs the server
    /// and its agents.
    Approve(Approve),
    /// Reject what waits for approval
    Reject(Decide),
    /// Start nothing new
    Pause(Decide),
    /// Go on after a pause
    Resume(Decide),
    /// End a rollout for good
    Cancel(Decide),
    /// Try what failed again
    Retry(Decide),
    /// Say what every gate waits for
    Why(RolloutName),
}

/// Options of `sluice serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// Folder for everything that the server keeps; made where there is none
    #[arg(long, value_name = "DIR", env = "SLUICE_DATA")]
    pub data: PathBuf,
    /// PostgreSQL database that several servers share: env:NAME, file:PATH, exec:COMMAND, vault:PATH#FIELD, or a URL without a
    /// password; the folder of --data by default
    #[arg(long, value_name = "DATABASE", env = "SLUICE_STORE")]
    pub store: Option<String>,
    /// Address and port; port 0 takes any that is free
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    pub listen: std::net::SocketAddr,
    /// Follow repositories on this machine's disks, too (file:///…): whoever makes projects known may have any of them read
    #[arg(long)]
    pub allow_file_repositories: bool,
    /// Ask issuers of CI systems for their keys also on this machine and in private networks, and without TLS
    #[arg(long)]
    pub allow_private_addresses: bool,
    /// Largest clone of a repository, in MiB
    #[arg(long, value_name = "MIB", default_value_t = 1024)]
    pub largest_repository: u64,
    /// Days for which events can be streamed again; the audit log and what rollouts did are kept for ever
    #[arg(long, value_name = "DAYS", default_value_t = 90)]
    pub keep_events: u32,
}

/// Options of `sluice agent`.
#[derive(Debug, Args)]
pub struct Agent {
    /// URL of the server, https://…
    #[arg(long, value_name = "URL")]
    pub server: String,
    /// File with an enrolment token; read at the first start only
    #[arg(long, value_name = "FILE")]
    pub token_file: PathBuf,
    /// What the agent is for, as `agent` of a [[database]] asks for it
    #[arg(long, value_name = "NAME=VALUE,…", value_delimiter = ',')]
    pub labels: Vec<String>,
    /// What it may do, whatever the server says: projects, environments, databases, signers (TOML)
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// Folder for its key and for releases; made where there is none
    #[arg(long, value_name = "DIR", env = "SLUICE_AGENT_DATA", default_value = ".sluice-agent")]
    pub data: PathBuf,
    /// Name for people; the machine's by default
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// How many databases it works on at a time
    #[arg(long, value_name = "COUNT", default_value_t = 8)]
    pub parallel: usize,
    /// Ask a server on another machine without TLS: whoever is between can read along
    #[arg(long)]
    pub insecure_http: bool,
}

/// A server's folder.
#[derive(Debug, Subcommand)]
pub enum Server {
    /// Copy a server's state and key into a new folder; the server may go on meanwhile
    ///
    /// For servers that keep their state in their folder. A PostgreSQL store is copied with its own tools; copy `server.key`, too.
    Backup {
        /// Folder of the server
        #[arg(long, value_name = "DIR", env = "SLUICE_DATA")]
        data: PathBuf,
        /// Folder for the copy; must not be there yet. It holds the server's key: keep it as secret as the server
        to: PathBuf,
    },
    /// Make a server's folder from a copy
    Restore {
        /// Folder of the server, where no server has been yet
        #[arg(long, value_name = "DIR", env = "SLUICE_DATA")]
        data: PathBuf,
        /// Folder of the copy
        from: PathBuf,
    },
}

/// Audit logs.
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Write the whole log of a server on this machine to standard output, as JSON lines with a signed checkpoint at the end
    Export {
        /// Folder of the server
        #[arg(long, value_name = "DIR", env = "SLUICE_DATA")]
        data: PathBuf,
        /// PostgreSQL database of the server, as `sluice serve --store` has it
        #[arg(long, value_name = "DATABASE", env = "SLUICE_STORE")]
        store: Option<String>,
    },
    /// Say whether an exported log is whole and unchanged; needs no server
    Verify(Verify),
}

/// Options of `sluice audit verify`.
#[derive(Debug, Args)]
pub struct Verify {
    /// The exported log
    pub file: PathBuf,
    /// Public key of the server, which must have signed it
    #[arg(long, value_name = "HEX")]
    pub key: Option<String>,
    /// An earlier export, which this one must go on from
    #[arg(long, value_name = "FILE")]
    pub since: Option<PathBuf>,
}

/// Which rollout.
#[derive(Debug, Args)]
pub struct RolloutName {
    /// Name of the rollout; the latest by default
    pub rollout: Option<String>,
}

/// An approval of a rollout.
#[derive(Debug, Args)]
pub struct Approve {
    /// Name of the rollout; the latest by default
    pub rollout: Option<String>,
    /// Only if this is the rollout's plan: its digest as `sluice plan` shows it, or the first digits of it
    #[arg(long, value_name = "DIGEST")]
    pub plan: Option<String>,
}

/// A decision about a rollout.
#[derive(Debug, Args)]
pub struct Decide {
    /// Name of the rollout; the latest by default
    pub rollout: Option<String>,
    /// Why
    #[arg(long, short = 'm', value_name = "TEXT")]
    pub reason: Option<String>,
}
