//! The address -> connections: so many at once, and none that stands still for long.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep};
use tracing::warn;

/// Connections at once; who comes later waits in the system's queue.
const SEATS: usize = 256;
/// A connection on which nothing moves for so long is closed.
const STILL_MAX: Duration = Duration::from_secs(30);
/// A connection lives no longer, whatever moves on it: a request that comes in byte by byte ends here.
const LIFE_MAX: Duration = Duration::from_secs(120);
/// How long to wait after the system had no connection to give (too many open files).
const ACCEPT_AGAIN: Duration = Duration::from_millis(500);

/// A bound address.
pub(super) struct Seats {
    listener: TcpListener,
    free: Arc<Semaphore>,
}

impl Seats {
    /// Binds an address.
    ///
    /// # Errors
    /// It is in use, or not for us.
    pub(super) async fn bind(address: SocketAddr) -> io::Result<Self> {
        Ok(Self { listener: TcpListener::bind(address).await?, free: Arc::new(Semaphore::new(SEATS)) })
    }
}

impl Listener for Seats {
    type Io = Seat;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Seat, SocketAddr) {
        loop {
            let Ok(permit) = Arc::clone(&self.free).acquire_owned().await else { continue };
            match self.listener.accept().await {
                Ok((stream, from)) => return (Seat::new(stream, permit), from),
                // A client that left before it was greeted is nobody's trouble.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => {
                    warn!("the page can't take a connection now: {error}");
                    sleep(ACCEPT_AGAIN).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// Where a request comes from.
#[derive(Clone, Debug)]
pub(super) struct Peer {
    /// The address.
    pub address: SocketAddr,
    /// Requests of its connection that are being answered.
    busy: Arc<AtomicUsize>,
}

impl Peer {
    /// Holds the connection open while an answer is made: then it is we who keep the other side waiting.
    pub(super) fn answering(&self) -> Answering {
        self.busy.fetch_add(1, Ordering::Relaxed);
        Answering(Arc::clone(&self.busy))
    }
}

/// An answer is being made.
pub(super) struct Answering(Arc<AtomicUsize>);

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Connected<IncomingStream<'_, Seats>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Seats>) -> Self {
        Self { address: *stream.remote_addr(), busy: Arc::clone(&stream.io().busy) }
    }
}

/// One connection.
pub(super) struct Seat {
    stream: TcpStream,
    still: Pin<Box<Sleep>>,
    life: Pin<Box<Sleep>>,
    busy: Arc<AtomicUsize>,
    _permit: OwnedSemaphorePermit,
}

impl Seat {
    fn new(stream: TcpStream, permit: OwnedSemaphorePermit) -> Self {
        // An answer leaves at once; where that can't be set it leaves a little later.
        let _ = stream.set_nodelay(true);
        let (still, life) = (Box::pin(sleep(STILL_MAX)), Box::pin(sleep(LIFE_MAX)));
        Self { stream, still, life, busy: Arc::default(), _permit: permit }
    }

    /// The answer of the stream; an error instead of waiting where it waited long enough and not for us.
    fn timed<T>(&mut self, context: &mut Context<'_>, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        let answering = self.busy.load(Ordering::Relaxed) > 0;
        if polled.is_ready() || answering {
            self.still.as_mut().reset(Instant::now() + STILL_MAX);
        }
        let over = |sleep: &mut Pin<Box<Sleep>>, context: &mut Context<'_>| sleep.as_mut().poll(context).is_ready();
        if !answering && (over(&mut self.still, context) || over(&mut self.life, context)) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        polled
    }
}

impl AsyncRead for Seat {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_read(context, into);
        self.timed(context, polled)
    }
}

impl AsyncWrite for Seat {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.timed(context, polled)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.timed(context, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
