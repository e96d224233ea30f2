package io.sereno.tck.proxy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.atomic.AtomicLong;

/** Sends back what it gets, for thousands of connections on one thread, and answers the end of a stream with its own. */
final class EchoServer implements AutoCloseable {
    private final Selector selector;
    private final ServerSocketChannel listener;
    private final AtomicLong resets = new AtomicLong();
    private final Thread thread = new Thread(this::loop, "echo-server");

    EchoServer() throws IOException {
        this(InetAddress.getLoopbackAddress());
    }

    EchoServer(InetAddress address) throws IOException {
        selector = Selector.open();
        listener = ServerSocketChannel.open().bind(new InetSocketAddress(address, 0), 4096);
        listener.configureBlocking(false).register(selector, SelectionKey.OP_ACCEPT);
        thread.start();
    }

    InetSocketAddress address() throws IOException {
        return (InetSocketAddress) listener.getLocalAddress();
    }

    /** Connections that ended with a reset. */
    long resets() {
        return resets.get();
    }

    private void loop() {
        try (selector;
                listener) {
            while (listener.isOpen()) {
                selector.select(this::ready);
            }
            for (SelectionKey key : selector.keys()) {
                key.channel().close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void ready(SelectionKey key) {
        try {
            if (key.isAcceptable()) {
                for (SocketChannel client; (client = listener.accept()) != null; ) {
                    client.configureBlocking(false)
                            .register(
                                    selector,
                                    SelectionKey.OP_READ,
                                    ByteBuffer.allocate(16 * 1024).flip());
                }
            } else {
                echo(key, (SocketChannel) key.channel(), (ByteBuffer) key.attachment());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void echo(SelectionKey key, SocketChannel client, ByteBuffer bytes) throws IOException {
        try {
            if (key.isReadable()) {
                if (client.read(bytes.clear()) < 0) {
                    client.close();
                    return;
                }
                bytes.flip();
            }
            client.write(bytes);
            key.interestOps(bytes.hasRemaining() ? SelectionKey.OP_WRITE : SelectionKey.OP_READ);
        } catch (IOException e) {
            resets.incrementAndGet();
            client.close();
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        selector.wakeup();
    }
}
