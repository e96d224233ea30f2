package io.sereno.spring.boot;

import io.sereno.NotAppliedException;
import io.sereno.Sereno;
import io.sereno.SerenoConfigurationException;
import io.sereno.spi.Promise;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Connects with the properties. An error names the property that it is about. */
final class Connection {
    /** In a URI that has a namespace: a path, which is the database for PostgreSQL, or the parameter. */
    private static final Pattern NAMESPACE =
            Pattern.compile("^(?!postgresql:)[^:/?]+:(//[^/?]*)?/[^/?]|[?&]namespace=[^&]");

    private final Sereno.Builder builder = Sereno.builder();
    /** What a message of the builder calls a setting, and the property that has set it. */
    private final Map<String, String> names = new LinkedHashMap<>();

    Connection(SerenoProperties properties, @Nullable SerenoConnectionDetails details) {
        if (details == null || !NAMESPACE.matcher(details.getUri()).find()) {
            set("namespace", "namespace", properties.namespace(), builder::namespace);
        }
        set("nodeId", "node-id", properties.nodeId(), builder::nodeId);
        set("sessionTtl", "session-ttl", properties.sessionTtl(), builder::sessionTtl);
        set("operationTimeout", "operation-timeout", properties.operationTimeout(), builder::operationTimeout);
        set("connectTimeout", "connect-timeout", properties.connectTimeout(), builder::connectTimeout);
        set("connectRetry", "connect-retry", properties.connectRetry(), builder::connectRetry);
        names.put("sessionTtl is", "sereno.session-ttl is");
        names.put("which require asks for", "which sereno.require asks for");
        builder.require(properties.require().toArray(Promise[]::new));
        if (details == null) {
            set("uri", "uri", properties.uri(), builder::uri);
            names.put("the scheme '", "the scheme of sereno.uri, '");
            credentials(properties.user(), properties.password());
            names.put("credentials(...)", "sereno.user and sereno.password");
            ssl(properties.ssl());
        } else {
            builder.uri(details.getUri());
            credentials(details.getUser(), details.getPassword());
        }
    }

    private <T> void set(String setting, String property, @Nullable T value, Consumer<T> setter) {
        names.put(setting + "(...)", "sereno." + property);
        if (value != null) {
            setter.accept(value);
        }
    }

    private void credentials(@Nullable String user, @Nullable String password) {
        if (password != null) {
            builder.credentials(user == null ? "" : user, password.toCharArray());
        } else if (user != null && !user.isEmpty()) {
            throw new SerenoConfigurationException(
                    "sereno.user is set, and sereno.password is not; both, a password alone, or neither is accepted");
        }
    }

    private void ssl(SerenoProperties.Ssl ssl) {
        set("trust", "ssl.trust", ssl.trust(), builder::trust);
        Path certificate = ssl.certificate();
        Path key = ssl.privateKey();
        if (certificate != null && key != null) {
            builder.identity(certificate, key);
            names.put("identity(...)", "sereno.ssl.certificate and sereno.ssl.private-key");
        } else if (certificate != null || key != null) {
            throw new SerenoConfigurationException("sereno.ssl." + (key == null ? "private-key" : "certificate")
                    + " is not set; sereno.ssl.certificate and sereno.ssl.private-key are accepted together only");
        }
    }

    Sereno connect(Iterable<SerenoBuilderCustomizer> customizers) {
        customizers.forEach(customizer -> customizer.customize(builder));
        try {
            return builder.connect();
        } catch (SerenoConfigurationException e) {
            throw new SerenoConfigurationException(named(e), e.getCause());
        } catch (NotAppliedException e) {
            throw new NotAppliedException(named(e), e.getCause());
        }
    }

    private String named(Exception e) {
        String message = String.valueOf(e.getMessage());
        for (Map.Entry<String, String> name : names.entrySet()) {
            message = message.replace(name.getKey(), name.getValue());
        }
        return message;
    }
}
