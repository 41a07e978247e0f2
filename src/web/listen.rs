//! The address -> connections: so many at once, and none that stands still for long.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep};
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use super::PageTrouble;

/// Connections at once; who comes later waits in the system's queue.
const SEATS: usize = 256;
/// A connection on which nothing moves for so long is closed.
const STILL_MAX: Duration = Duration::from_secs(30);
/// A connection lives no longer, whatever moves on it: a request that comes in byte by byte ends here.
const LIFE_MAX: Duration = Duration::from_secs(120);
/// How long to wait after the system had no connection to give (too many open files).
const ACCEPT_AGAIN: Duration = Duration::from_millis(500);

/// How long open connections may go on once the daemon is told to stop.
const GRACE: Duration = Duration::from_secs(2);

/// An address that is ours and at which nothing is served yet.
pub struct Bound {
    seats: Seats,
    address: SocketAddr,
}

impl Bound {
    /// Takes the page's address.
    ///
    /// # Errors
    /// It can't be had.
    pub async fn for_page(address: SocketAddr) -> Result<Self, PageTrouble> {
        Self::take(address, "the page can't be served", "listen").await
    }

    /// Takes the webhooks' address.
    ///
    /// # Errors
    /// It can't be had.
    pub async fn for_webhooks(address: SocketAddr) -> Result<Self, PageTrouble> {
        Self::take(address, "webhooks can't be heard", "listen_webhooks").await
    }

    async fn take(address: SocketAddr, what: &'static str, key: &'static str) -> Result<Self, PageTrouble> {
        let refused = |error| PageTrouble::Address { what, key, address, error };
        let seats = Seats::bind(address).await.map_err(refused)?;
        let address = seats.local_addr().map_err(refused)?;
        Ok(Self { seats, address })
    }

    /// Which; the port that the system chose where 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// Serves until told to stop, and then lets open requests end for a little. `trouble` is what it means when that breaks off.
pub(super) async fn serve(bound: Bound, app: Router, stop: CancellationToken, trouble: &str) {
    let app = app.into_make_service_with_connect_info::<Peer>();
    let server = axum::serve(bound.seats, app).with_graceful_shutdown(stop.clone().cancelled_owned());
    let late = async {
        stop.cancelled().await;
        sleep(GRACE).await;
    };
    tokio::select! {
        ended = server => {
            if let Err(error) = ended {
                error!("{trouble}: {error}");
            }
        }
        () = late => {}
    }
}

/// The connections to an address.
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
                    warn!("a connection can't be taken now: {error}");
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
