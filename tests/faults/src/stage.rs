use std::any::Any;
use std::cell::RefCell;
use std::time::{Duration, Instant};

use sluice_testkit::FaultProxy;

use crate::point::Point;
use crate::runner::{PATIENCE, Project, Runner};
use crate::story::Story;

/// A fresh database of some engine, seen with the tester's own eyes: nothing here uses the product.
pub trait Target {
    /// URL for the project.
    fn url(&self) -> String;
    /// The server's port, where there is one.
    fn port(&self) -> Option<u16>;
    /// The project's changes.
    fn story(&self) -> Story;
    /// Runs SQL; rows as lines, columns divided by `|`.
    fn try_sql(&self, sql: &str) -> Result<String, String>;
    /// Whether a table is there.
    fn has_table(&self, name: &str) -> bool;
    /// Name of a table of the ledger.
    fn ledger_table(&self, name: &str) -> String;
    /// Makes the statement at `point` wait, until the value is dropped.
    fn block(&self, point: Point) -> Box<dyn Any>;
    /// Whether a statement of the runner's waits, or works as long as the block holds.
    fn is_blocked(&self, runner: &Runner) -> bool;
    /// How the blocker is called in advice, for example `pg_terminate_backend(4711)`.
    fn blocker(&self, block: &dyn Any) -> String;
    /// The runners' sessions on the server.
    fn sessions(&self) -> Vec<String>;
    /// Ends all of the runners' sessions on the server.
    fn end_sessions(&self);
    /// Who holds the lock of this database.
    fn lock_holders(&self) -> Vec<String>;
    /// Half-done objects that the catalog shows.
    fn half_done(&self) -> Vec<String>;
    /// Everything in the ledger.
    fn ledger(&self) -> String;
    /// Everything in the catalog but the ledger.
    fn catalog(&self) -> String;
}

/// A database, a project on it, and whatever stands between them.
pub struct Stage {
    /// The database.
    pub target: Box<dyn Target>,
    /// The changes.
    pub story: Story,
    /// The project that tests start runners in.
    pub project: Project,
    /// Between the project and the server, where a test wants one.
    pub proxy: Option<FaultProxy>,
    settings: RefCell<String>,
}

/// Long enough that only faults end a wait.
const SETTINGS: &str = "lock_timeout = \"45s\"";

impl Stage {
    /// With all changes in the project and none in the database.
    pub fn empty(target: Box<dyn Target>) -> Self {
        let story = target.story();
        let url = target.url();
        Self::assemble(target, story, &url, None)
    }

    /// With the first change applied.
    pub fn new(target: Box<dyn Target>) -> Self {
        let stage = Self::empty(target);
        stage.apply(1);
        stage
    }

    /// With the first change applied, and another story.
    pub fn telling(target: Box<dyn Target>, story: Story) -> Self {
        let url = target.url();
        let stage = Self::assemble(target, story, &url, None);
        stage.apply(1);
        stage
    }

    /// With the first change applied, through a proxy.
    pub fn with_proxy(target: Box<dyn Target>) -> Self {
        let port = target.port().expect("a server");
        let proxy = FaultProxy::start(port);
        let url = proxy.url(&target.url(), port);
        let story = target.story();
        let stage = Self::assemble(target, story, &url, Some(proxy));
        stage.apply(1);
        stage
    }

    /// With a URL of its own for the project.
    pub fn with_url(target: Box<dyn Target>, url: &str) -> Self {
        let story = target.story();
        Self::assemble(target, story, url, None)
    }

    fn assemble(target: Box<dyn Target>, story: Story, url: &str, proxy: Option<FaultProxy>) -> Self {
        let project = Project::new(url, SETTINGS);
        project.write(&story, story.changes.len());
        Self { target, story, project, proxy, settings: RefCell::new(SETTINGS.to_owned()) }
    }

    /// Other time limits for the project: lines of `[apply]`.
    pub fn configure(&self, settings: &str) {
        *self.settings.borrow_mut() = settings.to_owned();
        self.project.configure(settings);
    }

    /// Applies the first `count` changes.
    pub fn apply(&self, count: usize) {
        let part = Project::new(&self.target.url(), SETTINGS);
        part.write(&self.story, count);
        part.deploy().expect(0);
    }

    /// Starts `sluice deploy`.
    pub fn start(&self) -> Runner {
        self.project.start(&["deploy"], None)
    }

    /// A second install of the same project.
    pub fn second_install(&self) -> Project {
        let project = Project::new(&self.target.url(), &self.settings.borrow());
        project.write(&self.story, self.story.changes.len());
        project
    }

    /// Runs SQL that must work.
    #[track_caller]
    pub fn sql(&self, sql: &str) -> String {
        match self.target.try_sql(sql) {
            Ok(rows) => rows,
            Err(error) => panic!("{error}"),
        }
    }

    /// Waits until no session of a runner is left on the server.
    pub fn wait_for_silence(&self) {
        until("the sessions of runners end", || self.target.sessions().is_empty());
    }
}

/// Looks until something has happened.
///
/// # Panics
/// When it does not happen.
#[track_caller]
pub fn until(what: &str, happened: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !happened() {
        assert!(Instant::now() < deadline, "this does not happen: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
