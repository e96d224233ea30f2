package io.sereno.testservers;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A running store for tests: one server, or several that belong together. What is done to a group is done to each of
 * its servers.
 *
 * <p>All methods block until what they say is so, 30 seconds at most, and throw {@link TestServerException} when it will
 * not be, or {@link IllegalStateException} after {@link #close()}. An interrupt ends the wait with a {@link
 * TestServerException} and leaves the thread's interrupt flag set. Instances are safe for use by multiple threads, which
 * take turns.
 */
public interface TestServer extends AutoCloseable {
    /** Where clients connect: loopback addresses that stay the same over {@link #restart()}. */
    List<InetSocketAddress> endpoints();

    /** The endpoints as a URI writes them: {@code 127.0.0.1:12379,127.0.0.1:12380}. */
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

    /** SIGCONT: the server goes on where {@link #pause()} stopped it. Without effect on one that runs. */
    void resume();

    /** SIGKILL: the server is gone at once, paused or not, and its data stays. Without effect on one that is gone. */
    void kill();

    /** {@link #kill()}, then a start on the same ports and data; returns when the server answers again. */
    void restart();

    /**
     * Keeps a copy of what the server has on disk, in place of an earlier copy, for {@link #restore()}. The server stands still meanwhile, as with
     * {@link #pause()}; one that is gone or paused stays so. What a server keeps in memory only is not in the copy.
     */
    void backup();

    /**
     * {@link #kill()}, then a start on the same ports with what {@link #backup()} kept: what was written since is lost. May be called several times
     * after one backup.
     *
     * @throws IllegalStateException if there is no backup
     */
    void restore();

    /** {@link #kill()}, and removes the data. Idempotent. */
    @Override
    void close();
}
