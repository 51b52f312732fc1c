use crate::{Change, Diff, Fact, FactId, Kind, Scene, Step, Verb};

/// How a fact can become another one of the same id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Alteration {
    /// In place. What stands in the way is dropped before and made again after.
    InPlace {
        /// Facts of the old schema that must not be there meanwhile.
        evicts: Vec<FactId>,
    },
    /// Only by dropping it, with everything that depends on it, and making it again.
    Replace,
}

impl Alteration {
    /// In place, and nothing stands in the way.
    pub const SIMPLE: Self = Self::InPlace { evicts: Vec::new() };
}

/// A step that is taken together with others.
#[derive(Debug, Clone, Copy)]
pub struct Member<'a> {
    /// What happens to the fact.
    pub verb: Verb,
    /// The fact: of the old schema where it goes, of the new one otherwise.
    pub fact: &'a Fact,
    /// What differs, where it is altered.
    pub change: Option<&'a Change<'a>>,
}

/// What is particular to a family: how each kind of fact is made, altered and dropped. Pure; the order of steps is not its business.
pub trait Rules: Send + Sync {
    /// Whether a change can be made in place.
    fn alteration(&self, change: &Change<'_>, scene: &Scene<'_>) -> Alteration;

    /// Statements that make a fact, with those that it absorbs.
    fn create(&self, fact: &Fact, scene: &Scene<'_>) -> Vec<Step>;

    /// Statements that carry out a change in place.
    fn alter(&self, change: &Change<'_>, scene: &Scene<'_>) -> Vec<Step>;

    /// Statements that drop a fact.
    fn drop(&self, fact: &Fact, scene: &Scene<'_>) -> Vec<Step>;

    /// The fact by whose statement this one is made, too, where both are made: the table of a column.
    fn absorbed_by(&self, fact: &Fact, scene: &Scene<'_>) -> Option<FactId>;

    /// The fact with which the server drops this one: usually its parent.
    fn falls_with(&self, fact: &Fact, scene: &Scene<'_>) -> Option<FactId>;

    /// The fact in whose alteration this step is taken, too, whether that fact differs itself or not: the table of a column, where one
    /// statement can do much at once.
    fn taken_with(&self, _fact: &Fact, _verb: Verb, _scene: &Scene<'_>) -> Option<FactId> {
        None
    }

    /// Statements for steps that are [taken with](Rules::taken_with) one fact, those of the fact itself among them.
    /// None where [`Rules::alter`] of the host says all of it.
    fn together(&self, _host: &FactId, _members: &[Member<'_>], _scene: &Scene<'_>) -> Option<Vec<Step>> {
        None
    }

    /// Facts of both schemas that are altered although they need not differ: what belongs to them does, and cannot be altered without
    /// them.
    fn gathers(&self, _diff: &Diff<'_>, _scene: &Scene<'_>) -> Vec<FactId> {
        Vec::new()
    }

    /// The fact by whose alteration this one comes, changes or goes, too, where that one is altered.
    fn altered_with(&self, _fact: &Fact, _verb: Verb, _scene: &Scene<'_>) -> Option<FactId> {
        None
    }

    /// Facts of the new schema that are to come before this one without it depending on them.
    fn follows(&self, fact: &Fact, scene: &Scene<'_>) -> Vec<FactId>;

    /// Names that no two facts may have at one time, with what else shares their namespace.
    fn names(&self, fact: &Fact) -> Vec<String>;

    /// Statements for the session in which the steps are run, in front of them.
    fn prelude(&self, steps: &[Step]) -> Vec<String>;

    /// All steps in their order, with those that look after the whole.
    fn complete(&self, steps: Vec<Step>, _scene: &Scene<'_>) -> Vec<Step> {
        steps
    }

    /// Statements for the session behind the steps: they end what the prelude began.
    fn coda(&self, _steps: &[Step]) -> Vec<String> {
        Vec::new()
    }

    /// The statement that gives a fact another name; `old` is in what has its new name already. None where the family cannot.
    fn rename(&self, _old: &Fact, _new: &Fact) -> Option<String> {
        None
    }

    /// Kinds that hold nothing and get a new name without anybody being asked, rather than being made anew.
    fn renamed_unasked(&self) -> &'static [Kind] {
        &[]
    }

    /// Renames as they stand in front of other steps.
    fn lead(&self, renames: Vec<Step>, _steps: &[Step]) -> Vec<Step> {
        renames
    }

    /// What a new database has by itself. `server` is the version of the server as snapshots name it.
    fn fresh(&self, _server: &str) -> Vec<Fact> {
        Vec::new()
    }

    /// Which kinds come first where nothing else decides.
    fn rank(&self, kind: Kind) -> u16;
}
