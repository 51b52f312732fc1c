use super::grammar::Grammar;
use crate::model::{CreateTrigger, Ident, Keyword, ObjectName, Statement, TriggerEvent, TriggerTiming};

impl Grammar<'_> {
    /// `CREATE [OR REPLACE] [CONSTRAINT] TRIGGER`, behind `TRIGGER`.
    pub(super) fn create_trigger(&mut self, or_replace: Keyword, constraint: bool) -> Option<Statement> {
        let if_not_exists = self.source.absent(self.before());
        let name = self.name()?;
        let timing = if self.eat("before") {
            TriggerTiming::Before
        } else if self.eat("after") {
            TriggerTiming::After
        } else {
            self.want("instead")?;
            self.want("of")?;
            TriggerTiming::InsteadOf
        };
        let mut events = vec![self.trigger_event()?];
        while self.eat("or") {
            events.push(self.trigger_event()?);
        }
        self.want("on")?;
        let table = Some(self.name()?);
        let referenced = if self.eat("from") { Some(self.name()?) } else { None };
        self.deferral();
        if self.eat("referencing") {
            while !self.at_end() && !self.is_any(&["for", "when", "execute"]) {
                self.at += 1;
            }
        }
        let mut for_each_row = false;
        if self.eat("for") {
            self.eat("each");
            for_each_row = self.eat("row");
            if !for_each_row {
                self.want("statement")?;
            }
        }
        let when = if self.eat("when") { Some(self.parenthesised()?) } else { None };
        let function = Some(self.executed()?);
        Some(Statement::CreateTrigger(Box::new(CreateTrigger {
            name,
            table,
            or_replace,
            if_not_exists,
            constraint,
            temporary: false,
            timing,
            events,
            for_each_row,
            referenced,
            when,
            function,
            definer: None,
            body: None,
        })))
    }

    fn executed(&mut self) -> Option<ObjectName> {
        self.want("execute")?;
        if !self.eat("function") {
            self.want("procedure")?;
        }
        let name = self.name()?;
        self.group()?;
        Some(name)
    }

    fn trigger_event(&mut self) -> Option<TriggerEvent> {
        Some(if self.eat("insert") {
            TriggerEvent::Insert
        } else if self.eat("delete") {
            TriggerEvent::Delete
        } else if self.eat("truncate") {
            TriggerEvent::Truncate
        } else {
            self.want("update")?;
            TriggerEvent::Update(if self.eat("of") { self.commas(Self::ident)? } else { Vec::<Ident>::new() })
        })
    }

    /// `CREATE EVENT TRIGGER`, behind those words.
    pub(super) fn create_event_trigger(&mut self, or_replace: Keyword) -> Option<Statement> {
        let if_not_exists = self.source.absent(self.before());
        let name = self.name()?;
        self.want("on")?;
        let event = TriggerEvent::Event(self.ident()?);
        if self.eat("when") {
            loop {
                self.ident()?;
                self.want("in")?;
                self.group()?;
                if !self.eat("and") {
                    break;
                }
            }
        }
        let function = Some(self.executed()?);
        Some(Statement::CreateTrigger(Box::new(CreateTrigger {
            name,
            table: None,
            or_replace,
            if_not_exists,
            constraint: false,
            temporary: false,
            timing: TriggerTiming::Event,
            events: vec![event],
            for_each_row: false,
            referenced: None,
            when: None,
            function,
            definer: None,
            body: None,
        })))
    }
}
