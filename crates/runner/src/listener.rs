use sluice_engine::Event;
use sluice_report::Problem;

/// Who is told what goes on while it goes on.
pub trait Listener: Send + Sync {
    /// Something that a person may want to know.
    fn message(&self, text: &str);

    /// Something that is not as it should be and stops nothing.
    fn warning(&self, warning: &Problem);

    /// Whether an event is shown at all. What comes with every statement is not worth waking anybody for where nobody looks.
    fn wants(&self, event: &Event) -> bool;

    /// Who is told of the targets of one run.
    fn progress(&self) -> Box<dyn Progress>;
}

/// Who is told of the targets of one run, by one thread.
pub trait Progress {
    /// A target begins.
    fn started(&mut self, target: &str);

    /// A target ended.
    fn ended(&mut self, target: &str);

    /// Something happened on a target.
    fn event(&mut self, target: &str, event: &Event);

    /// Something that is about all of them.
    fn line(&mut self, text: &str);
}
