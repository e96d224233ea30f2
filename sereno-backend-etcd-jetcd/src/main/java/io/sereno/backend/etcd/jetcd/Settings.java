package io.sereno.backend.etcd.jetcd;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.common.net.HostAndPort;
import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.ClientBuilder;
import io.etcd.jetcd.api.AuthGrpc;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.netty.NegotiationType;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.ClientConfig;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a jetcd builder was told, by its public getters. */
final class Settings {
    private static final int DEFAULT_PORT = 2379;
    /** What {@code ClientBuilder.endpoints} makes. */
    private static final String ADDRESSES = "ip:///";

    private static final String NAME = "dns:///";

    private final ClientBuilder builder;

    Settings(ClientBuilder builder) {
        this.builder = builder;
    }

    /** The addresses, unresolved. */
    List<InetSocketAddress> endpoints() {
        String target = builder.target();
        if (target == null) {
            throw new IllegalArgumentException(
                    "the jetcd builder has no endpoints; ClientBuilder.endpoints(\"http://host:2379\") sets them");
        }
        boolean known = target.startsWith(ADDRESSES) || target.startsWith(NAME);
        String hosts = known ? target.substring(target.indexOf(":///") + ":///".length()) : "";
        if (hosts.isEmpty()) {
            throw new IllegalArgumentException("the jetcd builder has the target '" + target
                    + "'; endpoints, ip:///host:port[,host:port...] and dns:///host:port are accepted");
        }
        return Arrays.stream(hosts.split(",")).map(Settings::endpoint).toList();
    }

    private static InetSocketAddress endpoint(String text) {
        HostAndPort address = HostAndPort.fromString(text);
        return InetSocketAddress.createUnresolved(address.getHost(), address.getPortOrDefault(DEFAULT_PORT));
    }

    /** The configuration, logged in as the builder's user if it has one. */
    ClientConfig config(BackendConfig config, List<InetSocketAddress> endpoints) {
        if (!config.parameters().isEmpty()) {
            throw new IllegalArgumentException(
                    "unknown parameters " + config.parameters().keySet() + "; a backend over jetcd takes none");
        }
        ClientConfig complete = new ClientConfig(
                builder.sslContext() == null ? "etcd" : "etcds",
                endpoints,
                config.namespace(),
                config.user(),
                config::password,
                config.connectTimeout(),
                config.operationTimeout(),
                config.time(),
                config.executor());
        @Nullable ByteSequence user = builder.user();
        @Nullable ByteSequence password = builder.password();
        return user == null || password == null
                ? complete
                : complete.loggedInAs(
                        user.toString(UTF_8), () -> password.toString(UTF_8).toCharArray());
    }

    /** Completes a connection of Sereno. */
    void apply(NettyChannelBuilder channel) {
        if (builder.sslContext() != null) {
            channel.negotiationType(NegotiationType.TLS).sslContext(builder.sslContext());
        }
        if (builder.authority() != null) {
            channel.overrideAuthority(builder.authority());
        }
        if (builder.headers() != null) {
            channel.intercept(attaching(builder.headers()));
        }
        if (builder.interceptors() != null) {
            channel.intercept(builder.interceptors());
        }
        channel.intercept(logIn());
    }

    /** The channel with the addresses of the builder in messages; jetcd's own has an empty authority. */
    Channel named(Channel channel) {
        String target = String.valueOf(builder.target());
        String hosts = target.startsWith(ADDRESSES) ? target.substring(ADDRESSES.length()) : target;
        return new Channel() {
            @Override
            public String authority() {
                return hosts;
            }

            @Override
            public <Q, A> ClientCall<Q, A> newCall(MethodDescriptor<Q, A> method, CallOptions options) {
                return channel.newCall(method, options);
            }
        };
    }

    /** Does to the log-in what jetcd does to its own: attaches {@code authHeaders} and asks {@code authInterceptors}. */
    ClientInterceptor logIn() {
        List<ClientInterceptor> all = new ArrayList<>();
        if (builder.authHeaders() != null) {
            all.add(attaching(builder.authHeaders()));
        }
        if (builder.authInterceptors() != null) {
            all.addAll(builder.authInterceptors());
        }
        return new ClientInterceptor() {
            @Override
            public <Q, A> ClientCall<Q, A> interceptCall(
                    MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
                boolean isLogIn = method.getFullMethodName()
                        .equals(AuthGrpc.getAuthenticateMethod().getFullMethodName());
                Channel channel = isLogIn ? ClientInterceptors.intercept(next, all) : next;
                return channel.newCall(method, options);
            }
        };
    }

    @SuppressWarnings("unchecked")
    private static ClientInterceptor attaching(Map<Metadata.Key<?>, Object> headers) {
        Metadata metadata = new Metadata();
        headers.forEach((key, value) -> metadata.put((Metadata.Key<Object>) key, value));
        return MetadataUtils.newAttachHeadersInterceptor(metadata);
    }
}
