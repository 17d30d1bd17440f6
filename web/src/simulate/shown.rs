//! A lesson as components pass it on.

use recscope_simulator::lesson::Lesson;
use std::ops::Deref;
use std::rc::Rc;

/// A lesson that is shown. Two are equal only if they are the same one, so that nothing compares
/// thousands of steps to find out that there is nothing to draw.
#[derive(Clone, Debug)]
pub struct Shown(pub Rc<Lesson>);

impl PartialEq for Shown {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Deref for Shown {
    type Target = Lesson;

    fn deref(&self) -> &Lesson {
        &self.0
    }
}
