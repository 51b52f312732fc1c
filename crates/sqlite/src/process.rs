use std::sync::OnceLock;

/// A process of one machine, told apart from a later one with the same id by its start time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    /// Clock ticks between boot and start (`/proc/PID/stat`, field 22); 0 where the system does not tell.
    pub(crate) started: u64,
    pub(crate) host: String,
}

impl Process {
    /// This process.
    pub(crate) fn current() -> &'static Self {
        static CURRENT: OnceLock<Process> = OnceLock::new();
        CURRENT.get_or_init(|| {
            let pid = std::process::id();
            let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
            Self { pid, started: start_of(pid).unwrap_or(0), host }
        })
    }

    /// The process that wrote `text` with `Display`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (pid, rest) = text.strip_prefix("pid ")?.split_once(" started ")?;
        let (started, host) = rest.split_once(" on ")?;
        Some(Self { pid: pid.parse().ok()?, started: started.parse().ok()?, host: host.to_owned() })
    }

    /// Whether it lives on this machine. Of another machine nothing is known: `false`.
    pub(crate) fn is_alive_here(&self) -> bool {
        self.host == Self::current().host && start_of(self.pid) == Some(self.started)
    }
}

impl std::fmt::Display for Process {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "pid {} started {} on {}", self.pid, self.started, self.host)
    }
}

/// Start time of a live process. The program's name stands in parentheses and may hold anything, so fields are counted
/// from the last closing one (proc(5)).
fn start_of(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_ascii_whitespace().nth(19)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_alive_and_survives_text() {
        let current = Process::current();
        assert!(current.is_alive_here());
        assert_eq!(Process::parse(&current.to_string()).as_ref(), Some(current));
    }

    #[test]
    fn a_reused_process_id_is_not_taken_for_the_old_one() {
        let mut other = Process::current().clone();
        other.started += 1;
        assert!(!other.is_alive_here());
    }

    #[test]
    fn a_process_of_another_machine_is_not_ours_to_judge() {
        let mut other = Process::current().clone();
        other.host.push_str("-elsewhere");
        assert!(!other.is_alive_here());
    }
}
