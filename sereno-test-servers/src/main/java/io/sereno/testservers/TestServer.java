package io.sereno.testservers;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A running store for tests: one server, or a group of several. An action on a group applies to each of its servers.
 *
 * <p>All methods block until they have done what they say, for at most 30 seconds. They throw
 * {@link TestServerException} when that fails, or {@link IllegalStateException} after {@link #close()}. An interrupt
 * ends the wait with a {@link TestServerException} and leaves the thread's interrupt flag set. Instances are safe for
 * use by multiple threads, which take turns.
 */
public interface TestServer extends AutoCloseable {
    /** Where clients connect: loopback addresses that stay the same after {@link #restart()}. */
    List<InetSocketAddress> endpoints();

    /** The endpoints in the form of a URI: {@code 127.0.0.1:12379,127.0.0.1:12380}. */
    default String authority() {
        return endpoints().stream()
                .map(endpoint -> endpoint.getHostString() + ":" + endpoint.getPort())
                .collect(Collectors.joining(","));
    }

    /**
     * SIGSTOP: the server keeps its memory, its ports and its connections, and answers nothing until {@link #resume()}.
     * When this returns, none of its threads runs.
     */
    void pause();

    /** SIGCONT: the server continues where {@link #pause()} stopped it. No effect on a running server. */
    void resume();

    /** SIGKILL: the server ends at once, paused or not, and its data stays. No effect on a server that has ended. */
    void kill();

    /** {@link #kill()}, then a start on the same ports and data; returns when the server answers again. */
    void restart();

    /**
     * Keeps a copy of the server's data on disk for {@link #restore()}, and replaces an earlier copy. The server stands
     * still meanwhile, as with {@link #pause()}; a server that has ended or is paused stays so. Data that a server
     * keeps only in memory is not in the copy.
     */
    void backup();

    /**
     * {@link #kill()}, then a start on the same ports with the copy from {@link #backup()}: later writes are lost. May
     * be called several times after one backup.
     *
     * @throws IllegalStateException if there is no backup
     */
    void restore();

    /** {@link #kill()}, then removes the data. Idempotent. */
    @Override
    void close();
}
