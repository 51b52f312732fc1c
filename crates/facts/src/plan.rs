//! From two snapshots to the steps that lead from one to the other, in order.

use std::collections::{HashMap, HashSet};

use crate::graph::{self, Cycle};
use crate::{
    Alteration, Change, Diff, Fact, FactId, Fate, Member, Options, Rules, Scene, Snapshot, Step, Verb,
};

/// The way from one schema to another.
#[derive(Debug)]
pub struct Transition<'a> {
    /// What differs.
    pub diff: Diff<'a>,
    /// Statements for the session, in front of the steps.
    pub prelude: Vec<String>,
    /// What is done about it, in order.
    pub steps: Vec<Step>,
    /// Statements for the session, behind the steps.
    pub coda: Vec<String>,
    /// Facts that are dropped and made again without having changed, because something that they need is.
    pub rebuilt: Vec<FactId>,
    /// Dependencies that could not be kept, in words: a mistake in the rules.
    pub broken: Vec<String>,
}

/// Finds the steps that lead from one schema to the other.
pub fn transition<'a>(
    from: &'a Snapshot,
    to: &'a Snapshot,
    rules: &dyn Rules,
    options: Options,
) -> Transition<'a> {
    let diff = Diff::between(from, to);
    if diff.is_empty() {
        return Transition {
            diff,
            prelude: Vec::new(),
            steps: Vec::new(),
            coda: Vec::new(),
            rebuilt: Vec::new(),
            broken: Vec::new(),
        };
    }
    let mut planner = Planner {
        rules,
        scene: Scene::new(from, to, options),
        changes: diff.altered.iter().map(|change| (change.old.id.clone(), change.clone())).collect(),
        evictions: Vec::new(),
        dropped_edges: Vec::new(),
        broken: Vec::new(),
    };
    planner.decide(&diff);
    let steps = planner.steps();
    let steps = rules.complete(steps, &planner.scene);
    let mut rebuilt: Vec<FactId> = planner
        .scene
        .fates
        .iter()
        .filter(|(id, fate)| **fate == Fate::Replace && !planner.changes.contains_key(*id))
        .map(|(id, _)| id.clone())
        .collect();
    rebuilt.sort();
    let (prelude, coda) = (rules.prelude(&steps), rules.coda(&steps));
    Transition { diff, prelude, steps, coda, rebuilt, broken: planner.broken }
}

struct Planner<'a, 'r> {
    rules: &'r dyn Rules,
    scene: Scene<'a>,
    changes: HashMap<FactId, Change<'a>>,
    /// What is dropped before, and made again after, an alteration: the fact that is altered, the one that makes way.
    evictions: Vec<(FactId, FactId)>,
    /// Edges given up to break a cycle.
    dropped_edges: Vec<(Node, Node)>,
    broken: Vec<String>,
}

type Node = (FactId, Verb);

impl<'a> Planner<'a, '_> {
    /// Decides what becomes of each fact: the differences, and what they drag along.
    fn decide(&mut self, diff: &Diff<'a>) {
        for fact in &diff.added {
            self.scene.fates.insert(fact.id.clone(), Fate::Create);
        }
        let mut work: Vec<FactId> = Vec::new();
        for fact in &diff.removed {
            self.scene.fates.insert(fact.id.clone(), Fate::Drop);
            work.push(fact.id.clone());
        }
        for change in &diff.altered {
            self.scene.fates.insert(change.old.id.clone(), Fate::Alter);
        }
        let gathered = self.gather(diff);
        for change in diff.altered.iter().chain(&gathered) {
            if self.scene.fate(&change.old.id) != Some(Fate::Alter) {
                continue;
            }
            match self.rules.alteration(change, &self.scene) {
                Alteration::Replace => self.replace(&change.old.id, &mut work),
                Alteration::InPlace { evicts } => {
                    for evicted in evicts {
                        self.evictions.push((change.old.id.clone(), evicted.clone()));
                        self.replace(&evicted, &mut work);
                    }
                }
            }
        }
        self.spread(work);
    }

    /// What is altered for the sake of what belongs to it.
    fn gather(&mut self, diff: &Diff<'a>) -> Vec<Change<'a>> {
        let mut ids = self.rules.gathers(diff, &self.scene);
        ids.sort();
        ids.dedup();
        ids.retain(|id| self.scene.fate(id).is_none());
        let both = ids.iter().filter_map(|id| Some((self.scene.from.get(id)?, self.scene.to.get(id)?)));
        let changes: Vec<Change<'a>> =
            both.map(|(old, new)| Change { old, new, attributes: Vec::new() }).collect();
        for change in &changes {
            self.scene.fates.insert(change.old.id.clone(), Fate::Alter);
            self.changes.insert(change.old.id.clone(), change.clone());
        }
        changes
    }

    /// Drops and makes again what is in both schemas.
    fn replace(&mut self, id: &FactId, work: &mut Vec<FactId>) {
        match self.scene.fate(id) {
            Some(Fate::Drop | Fate::Create | Fate::Replace) => {}
            Some(Fate::Alter) | None => {
                let stays = self.scene.to.position(id).is_some();
                let fate = if stays { Fate::Replace } else { Fate::Drop };
                self.scene.fates.insert(id.clone(), fate);
                work.push(id.clone());
            }
        }
    }

    /// What needs something that goes must go before, and come again where it is to stay.
    fn spread(&mut self, mut work: Vec<FactId>) {
        while let Some(id) = work.pop() {
            let users: Vec<&Fact> = self.scene.users_before(&id).collect();
            for user in users {
                let leaves = self.scene.fate(&user.id) == Some(Fate::Alter)
                    && self.scene.to.get(&user.id).is_some_and(|new| !new.needs().any(|need| *need == id));
                if !leaves {
                    self.replace(&user.id, &mut work);
                }
            }
        }
    }

    fn steps(&mut self) -> Vec<Step> {
        // Each round separates one joined step, rebuilds one alteration, or gives up one edge.
        loop {
            let graph = self.graph();
            match graph::order(&graph.priorities, &graph.edges) {
                Ok(sorted) => return self.write(&graph, &sorted),
                Err(Cycle(cycle)) => self.break_cycle(&graph, &cycle),
            }
        }
    }

    fn break_cycle(&mut self, graph: &Graph, cycle: &[usize]) {
        let members = |node: &usize| graph.members.get(*node).map(Vec::as_slice).unwrap_or_default();
        // What was joined may stand by itself.
        let joined = cycle.iter().flat_map(|node| members(node).get(1..).unwrap_or_default());
        let apart = joined
            .filter(|member| !self.scene.apart.contains(*member))
            .filter(|(id, verb)| graph.touches_cycle(cycle, id, *verb))
            .max_by_key(|(id, _)| id.kind().map(|kind| self.rules.rank(kind)));
        if let Some(member) = apart.cloned() {
            self.scene.apart.insert(member);
            return;
        }
        let altered = cycle
            .iter()
            .flat_map(members)
            .filter(|(id, verb)| *verb == Verb::Alter && self.scene.fate(id) == Some(Fate::Alter))
            .max_by_key(|(id, _)| id.kind().map(|kind| self.rules.rank(kind)));
        if let Some((id, _)) = altered.cloned() {
            let mut work = Vec::new();
            self.replace(&id, &mut work);
            self.spread(work);
            return;
        }
        let last = cycle.len().saturating_sub(1);
        if let (Some(first), Some(then)) = (cycle.get(last), cycle.first()) {
            let name = |node: &usize| members(node).first().cloned();
            if let (Some(a), Some(b)) = (name(first), name(then)) {
                self.broken.push(format!("{} {} before {} {}", a.1.name(), a.0, b.1.name(), b.0));
                self.dropped_edges.push((a, b));
            }
        }
    }

    fn graph(&self) -> Graph {
        let mut graph = Graph::default();
        self.add_nodes(&mut graph);
        self.add_edges(&mut graph);
        let given_up: Vec<(usize, usize)> = self
            .dropped_edges
            .iter()
            .filter_map(|(a, b)| Some((graph.node(&a.0, a.1)?, graph.node(&b.0, b.1)?)))
            .collect();
        graph.edges.retain(|edge| !given_up.contains(edge));
        graph
    }

    fn add_nodes(&self, graph: &mut Graph) {
        let mut fates: Vec<(&FactId, Fate)> = self.scene.fates.iter().map(|(id, fate)| (id, *fate)).collect();
        fates.sort_by(|a, b| a.0.cmp(b.0));
        let mut host: HashMap<Node, Node> = HashMap::new();
        let mut nodes: Vec<(Node, &Fact)> = Vec::new();
        for (id, fate) in fates {
            if fate.drops()
                && let Some(fact) = self.scene.from.get(id)
            {
                let node = (id.clone(), Verb::Drop);
                let with = self.rules.falls_with(fact, &self.scene).filter(|with| self.scene.drops(with));
                if let Some(altered) = self.altered_with(fact, Verb::Drop) {
                    host.insert(node.clone(), (altered, Verb::Alter));
                } else if let Some(with) = with.filter(|_| !self.scene.apart.contains(&node)) {
                    host.insert(node.clone(), (with, Verb::Drop));
                } else if let Some(with) = self.taken_with(&node, fact) {
                    host.insert(node.clone(), (with, Verb::Alter));
                }
                nodes.push((node, fact));
            }
            if let Some(fact) = self.scene.to.get(id) {
                let verb = if fate.creates() { Verb::Create } else { Verb::Alter };
                let node = (id.clone(), verb);
                if let Some(altered) = self.altered_with(fact, verb) {
                    host.insert(node.clone(), (altered, Verb::Alter));
                } else if verb == Verb::Create {
                    let by = self.rules.absorbed_by(fact, &self.scene).filter(|by| self.scene.creates(by));
                    if let Some(by) = by.filter(|_| !self.scene.apart.contains(&node)) {
                        host.insert(node.clone(), (by, Verb::Create));
                    }
                }
                if !host.contains_key(&node)
                    && let Some(with) = self.taken_with(&node, fact)
                {
                    host.insert(node.clone(), (with, Verb::Alter));
                }
                nodes.push((node, fact));
            }
        }
        // What is altered only for the sake of others has no step of its own.
        let mut hosts: Vec<&Node> = host.values().filter(|host| host.1 == Verb::Alter).collect();
        hosts.sort();
        hosts.dedup();
        let known: HashSet<&Node> = nodes.iter().map(|(node, _)| node).collect();
        let silent = hosts.into_iter().filter(|host| !known.contains(host));
        let silent: Vec<(Node, &Fact)> =
            silent.filter_map(|node| Some((node.clone(), self.scene.to.get(&node.0)?))).collect();
        nodes.extend(silent);
        for (node, fact) in &nodes {
            if !host.contains_key(node) {
                let rank = self.rules.rank(fact.kind);
                let (late, rank) = if node.1 == Verb::Drop { (false, u16::MAX - rank) } else { (true, rank) };
                graph.add(node.clone(), Priority { late, rank, ordinal: fact.ordinal, id: fact.id.clone() });
            }
        }
        for (node, _) in &nodes {
            let mut at = node;
            // Hosts of hosts; more of them than nodes would be a circle.
            for _ in 0..nodes.len() {
                match host.get(at) {
                    Some(next) => at = next,
                    None => break,
                }
            }
            if at != node {
                graph.join(node, at);
            }
        }
    }

    fn taken_with(&self, node: &Node, fact: &Fact) -> Option<FactId> {
        let with = self.rules.taken_with(fact, node.1, &self.scene)?;
        let stays = self.scene.to.get(&with).is_some()
            && matches!(self.scene.fate(&with), None | Some(Fate::Alter))
            && with != node.0;
        (stays && !self.scene.apart.contains(node)).then_some(with)
    }

    /// The other fact by whose alteration this one is dealt with, where that one is altered.
    fn altered_with(&self, fact: &Fact, verb: Verb) -> Option<FactId> {
        let altered = self.rules.altered_with(fact, verb, &self.scene)?;
        (altered != fact.id && self.scene.fate(&altered) == Some(Fate::Alter)).then_some(altered)
    }

    fn add_edges(&self, graph: &mut Graph) {
        let scene = &self.scene;
        let mut edges: Vec<(usize, usize)> = Vec::new();
        for (id, fate) in &scene.fates {
            let verb = if fate.creates() { Verb::Create } else { Verb::Alter };
            let own = graph.node(id, verb);
            if let (Some(fact), Some(own)) = (scene.to.get(id), own) {
                let follows = self.rules.follows(fact, scene);
                for need in fact.needs().chain(&follows) {
                    let needed = match scene.fate(need) {
                        Some(Fate::Create | Fate::Replace) => graph.node(need, Verb::Create),
                        // Without a fate it may be altered for the sake of others.
                        Some(Fate::Alter) | None => graph.node(need, Verb::Alter),
                        Some(Fate::Drop) => None,
                    };
                    edges.extend(needed.map(|needed| (needed, own)));
                }
            }
            let old_verb = if fate.drops() { Verb::Drop } else { Verb::Alter };
            let own = if *fate == Fate::Create { None } else { graph.node(id, old_verb) };
            if let (Some(fact), Some(own)) = (scene.from.get(id), own) {
                for need in fact.needs() {
                    match scene.fate(need) {
                        Some(Fate::Drop | Fate::Replace) => {
                            edges.extend(graph.node(need, Verb::Drop).map(|needed| (own, needed)));
                        }
                        Some(Fate::Alter) | None => {
                            let stays =
                                scene.to.get(id).is_some_and(|new| new.needs().any(|other| other == need));
                            if old_verb == Verb::Drop || !stays {
                                edges.extend(graph.node(need, Verb::Alter).map(|needed| (own, needed)));
                            }
                        }
                        Some(Fate::Create) => {}
                    }
                }
            }
            if *fate == Fate::Replace {
                edges.extend(graph.node(id, Verb::Drop).zip(graph.node(id, Verb::Create)));
            }
        }
        for (altered, evicted) in &self.evictions {
            let Some(alter) = graph.node(altered, Verb::Alter) else { continue };
            edges.extend(graph.node(evicted, Verb::Drop).map(|node| (node, alter)));
            edges.extend(graph.node(evicted, Verb::Create).map(|node| (alter, node)));
        }
        self.add_name_edges(graph, &mut edges);
        edges.sort_unstable();
        edges.dedup();
        graph.edges = edges;
    }

    /// A name is free only after the one who had it is gone, or has another one.
    fn add_name_edges(&self, graph: &Graph, edges: &mut Vec<(usize, usize)>) {
        let mut leaving: HashMap<String, Vec<usize>> = HashMap::new();
        let mut coming: Vec<(String, usize)> = Vec::new();
        let names = |fact: Option<&Fact>| fact.map(|fact| self.rules.names(fact)).unwrap_or_default();
        for (id, fate) in &self.scene.fates {
            let (old, new) = (names(self.scene.from.get(id)), names(self.scene.to.get(id)));
            let altered = *fate == Fate::Alter;
            let verb = if altered { Verb::Alter } else { Verb::Drop };
            if let Some(node) = graph.node(id, verb) {
                for name in old.iter().filter(|name| !altered || !new.contains(name)) {
                    leaving.entry(name.clone()).or_default().push(node);
                }
            }
            let verb = if altered { Verb::Alter } else { Verb::Create };
            if let Some(node) = graph.node(id, verb) {
                let new = new.iter().filter(|name| !altered || !old.contains(name));
                coming.extend(new.map(|name| (name.clone(), node)));
            }
        }
        for (name, node) in coming {
            edges.extend(leaving.get(&name).into_iter().flatten().map(|drop| (*drop, node)));
        }
    }

    /// A step as rules see it; none for what is altered only for the sake of others.
    fn member<'s>(&'s self, (id, verb): &Node) -> Option<Member<'s>> {
        let change = self.changes.get(id).filter(|_| *verb == Verb::Alter);
        let fact = match verb {
            Verb::Drop => self.scene.from.get(id),
            Verb::Create | Verb::Rename => self.scene.to.get(id),
            Verb::Alter => change.map(|change| change.new),
        };
        Some(Member { verb: *verb, fact: fact?, change })
    }

    fn write(&self, graph: &Graph, sorted: &[usize]) -> Vec<Step> {
        let mut steps = Vec::new();
        for node in sorted {
            let Some((id, verb)) = graph.members.get(*node).and_then(|members| members.first()) else {
                continue;
            };
            let scene = &self.scene;
            if let Some(members) =
                graph.members.get(*node).filter(|all| *verb == Verb::Alter && all.len() > 1)
            {
                let members: Vec<Member<'_>> =
                    members.iter().filter_map(|member| self.member(member)).collect();
                if let Some(together) = self.rules.together(id, &members, scene) {
                    steps.extend(together);
                    continue;
                }
            }
            steps.extend(
                match verb {
                    Verb::Drop => scene.from.get(id).map(|fact| self.rules.drop(fact, scene)),
                    Verb::Create => scene.to.get(id).map(|fact| self.rules.create(fact, scene)),
                    Verb::Alter => self.changes.get(id).map(|change| self.rules.alter(change, scene)),
                    // Renames are made before there are fates.
                    Verb::Rename => None,
                }
                .unwrap_or_default(),
            );
        }
        steps
    }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Priority {
    late: bool,
    rank: u16,
    ordinal: u32,
    id: FactId,
}

#[derive(Default)]
struct Graph {
    priorities: Vec<Priority>,
    /// The steps that are taken together at each node; the first one speaks for all.
    members: Vec<Vec<Node>>,
    nodes: HashMap<Node, usize>,
    edges: Vec<(usize, usize)>,
}

impl Graph {
    fn add(&mut self, node: Node, priority: Priority) {
        self.nodes.insert(node.clone(), self.members.len());
        self.members.push(vec![node]);
        self.priorities.push(priority);
    }

    fn join(&mut self, node: &Node, host: &Node) {
        let Some(at) = self.nodes.get(host).copied() else { return };
        self.nodes.insert(node.clone(), at);
        if let Some(members) = self.members.get_mut(at) {
            members.push(node.clone());
        }
    }

    fn node(&self, id: &FactId, verb: Verb) -> Option<usize> {
        self.nodes.get(&(id.clone(), verb)).copied()
    }

    /// A joined step counts as part of a cycle when its node is in it.
    fn touches_cycle(&self, cycle: &[usize], id: &FactId, verb: Verb) -> bool {
        self.node(id, verb).is_some_and(|node| cycle.contains(&node))
    }
}
