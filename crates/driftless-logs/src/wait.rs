//! Reading from what may have nothing to read for a long time.

use std::io::{self, Read};
use std::time::Duration;

use crate::control::Control;

/// How long a source that has nothing new is left alone.
pub(crate) const POLL_INTERVAL: Duration = Duration::from_millis(200);

/// A pipe, a device or a socket that is read until its end. Looks up now and then whether the pipeline was told to stop, which is then its
/// end.
pub(crate) struct Interruptible<'a, F> {
    pub(crate) from: F,
    pub(crate) control: &'a Control,
}

#[cfg(unix)]
impl<F: std::os::fd::AsFd> Read for Interruptible<'_, F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        use rustix::io::Errno;
        let interval = Timespec { tv_sec: 0, tv_nsec: POLL_INTERVAL.subsec_nanos().into() };
        while !self.control.is_stopped() {
            let mut watched = [PollFd::new(&self.from, PollFlags::IN)];
            match poll(&mut watched, Some(&interval)) {
                Ok(0) | Err(Errno::INTR) => continue,
                Ok(_) => {}
                Err(error) => return Err(error.into()),
            }
            // Past the buffer of `Stdin`, which would hide from `poll` what it holds.
            match rustix::io::read(&self.from, &mut *buffer) {
                Err(Errno::AGAIN | Errno::INTR) => {}
                read => return Ok(read?),
            }
        }
        Ok(0)
    }
}

#[cfg(not(unix))]
impl<F: Read> Read for Interruptible<'_, F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.control.is_stopped() { Ok(0) } else { self.from.read(buffer) }
    }
}

/// A pipe or a device that is followed: where it has nothing to read now, that is its end for now.
pub(crate) struct Present<'a>(pub(crate) &'a std::fs::File);

impl Read for Present<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
            read => read,
        }
    }
}
