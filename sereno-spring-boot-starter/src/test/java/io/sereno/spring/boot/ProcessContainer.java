package io.sereno.spring.boot;

import static java.util.Objects.requireNonNull;

import io.sereno.testservers.TestServer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.utility.DockerImageName;

/** A container for Spring Boot; in truth a process of this machine. */
final class ProcessContainer extends GenericContainer<ProcessContainer> {
    private final String image;
    private final int port;
    private final Supplier<? extends TestServer> program;
    private @Nullable TestServer server;

    ProcessContainer(String image, int port, Supplier<? extends TestServer> program) {
        super(DockerImageName.parse(image));
        this.image = image;
        this.port = port;
        this.program = program;
    }

    TestServer server() {
        return requireNonNull(server, "not started");
    }

    @Override
    public void start() {
        if (server == null) {
            server = program.get();
        }
    }

    @Override
    public void stop() {
        TestServer started = server;
        server = null;
        if (started != null) {
            started.close();
        }
    }

    @Override
    public boolean isRunning() {
        return server != null;
    }

    @Override
    public String getDockerImageName() {
        return image;
    }

    @Override
    public String getHost() {
        return "127.0.0.1";
    }

    @Override
    public Integer getMappedPort(int original) {
        if (original != port) {
            throw new IllegalArgumentException(original + " is not exposed");
        }
        return server().endpoints().get(0).getPort();
    }
}
