package io.sereno.spring.boot;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.NotAppliedException;
import io.sereno.Sereno;
import io.sereno.SerenoConfigurationException;
import io.sereno.SessionState;
import io.sereno.operator.Kind;
import io.sereno.operator.Operator;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.SpringBootVersion;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;

class SerenoAutoConfigurationTest {
    @Test
    void theTestsRunWithTheVersionOfSpringBootThatTheBuildNames() {
        assertThat(SpringBootVersion.getVersion()).isEqualTo(System.getProperty("sereno.spring.boot"));
    }

    @Test
    void oneLineOfConfigurationMakesTheBean() {
        Contexts.withStarter().withPropertyValues("sereno.uri=memory:").run(context -> {
            assertThat(context).hasSingleBean(Sereno.class);
            Sereno sereno = context.getBean(Sereno.class);
            assertThat(sereno.counter("visits").incrementAndGet()).isEqualTo(1);
            assertThat(sereno.sessionState()).isEqualTo(SessionState.CONNECTED);
        });
    }

    @Test
    void theOperatorOfTheClientIsABean() {
        Contexts.withStarter().withPropertyValues("sereno.uri=memory:").run(context -> {
            context.getBean(Sereno.class).mutex("close-month").acquire();
            assertThat(context.getBean(Operator.class).queue(Kind.LOCK, "close-month"))
                    .hasValueSatisfying(queue -> assertThat(queue.seats()).hasSize(1));
        });
        Contexts.withStarter()
                .withBean("first", Sereno.class, () -> Sereno.connect("memory:"))
                .withBean("second", Sereno.class, () -> Sereno.connect("memory:"))
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(Operator.class));
    }

    @Test
    void theClientIsClosedWithTheContext() {
        List<Sereno> used = new ArrayList<>();
        Contexts.withStarter()
                .withPropertyValues("sereno.uri=memory:")
                .run(context -> used.add(context.getBean(Sereno.class)));
        assertThat(used).singleElement().extracting(Sereno::sessionState).isEqualTo(SessionState.CLOSED);
    }

    @Test
    void propertiesReachTheClient() {
        Contexts.withStarter()
                .withPropertyValues(
                        "sereno.uri=memory:/shared",
                        "sereno.node-id=ada",
                        "sereno.session-ttl=2s",
                        "sereno.operation-timeout=700ms",
                        "sereno.connect-timeout=800ms",
                        "sereno.connect-retry=1s",
                        "sereno.require=durable")
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .hasMessageContaining("does not promise durable, which sereno.require asks for"));
        Contexts.withStarter()
                .withPropertyValues("sereno.uri=memory:", "sereno.namespace=billing/eu", "sereno.node-id=ada")
                .run(context -> {
                    assertThat(context.getBean(Sereno.class).nodeId()).isEqualTo("ada");
                    assertThat(context.getBean(Sereno.class).toString()).contains("billing/eu");
                });
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "sereno.uri=nowhere://host/x|sereno.uri",
                "sereno.uri=memory:#|sereno.uri",
                "sereno.namespace=a//b|sereno.namespace",
                "sereno.node-id=|sereno.node-id",
                "sereno.session-ttl=100ms|sereno.session-ttl",
                "sereno.session-ttl=soon|sereno.session-ttl",
                "sereno.operation-timeout=0|sereno.operation-timeout",
                "sereno.connect-timeout=2d|sereno.connect-timeout",
                "sereno.connect-retry=-1s|sereno.connect-retry",
                "sereno.require=immortal|sereno.require",
                "sereno.user=ada|sereno.password",
                "sereno.ssl.trust=absent.pem|sereno.ssl.trust",
                "sereno.ssl.certificate=absent.pem|sereno.ssl.private-key",
                "sereno.ssl.private-key=absent.pem|sereno.ssl.certificate",
            })
    void anErrorNamesThePropertyAndWhatIsAccepted(String property, String named) {
        Contexts.withStarter()
                .withPropertyValues("sereno.uri=memory:", property)
                .run(context ->
                        assertThat(messages(context.getStartupFailure())).contains(named));
    }

    @Test
    void allErrorsAreReportedAtOnce() {
        Contexts.withStarter()
                .withPropertyValues("sereno.uri=memory:", "sereno.session-ttl=1ms", "sereno.operation-timeout=3d")
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .isInstanceOf(SerenoConfigurationException.class)
                        .hasMessageContaining(
                                "sereno.session-ttl: PT0.001S is out of range; PT0.2S to PT24H is accepted")
                        .hasMessageContaining("sereno.operation-timeout: PT72H is out of range"));
    }

    @Test
    void noErrorAndNoTextShowsThePassword() {
        Contexts.withStarter()
                .withPropertyValues(
                        "sereno.uri=memory:", "sereno.user=ada", "sereno.password=hush", "sereno.session-ttl=1ms")
                .run(context -> {
                    assertThat(context.getStartupFailure()).isNotNull();
                    assertThat(messages(context.getStartupFailure())).doesNotContain("hush");
                });
        assertThat(new SerenoProperties(
                        "redis://:hush@host/x",
                        null,
                        null,
                        "ada",
                        "hush",
                        null,
                        null,
                        null,
                        null,
                        Set.of(),
                        new SerenoProperties.Ssl(null, null, null)))
                .asString()
                .doesNotContain("hush");
    }

    @Test
    void theAnalysisOfAFailedStartSaysWhatToDo() {
        FailureAnalysis away =
                requireNonNull(new SerenoFailureAnalyzer().analyze(new NotAppliedException("no connection to x")));
        assertThat(away.getAction()).contains("sereno.connect-retry");
        FailureAnalysis wrong =
                requireNonNull(new SerenoFailureAnalyzer().analyze(new SerenoConfigurationException("sereno.uri: x")));
        assertThat(wrong.getDescription()).isEqualTo("sereno.uri: x");
    }

    @Test
    void connectionDetailsBeatProperties() {
        Contexts.withStarter()
                .withUserConfiguration(Details.class)
                .withPropertyValues(
                        "sereno.uri=nowhere://host",
                        "sereno.user=ada",
                        "sereno.ssl.trust=absent.pem",
                        "sereno.namespace=from-properties")
                .run(context ->
                        assertThat(context.getBean(Sereno.class).toString()).contains("memory:/from-properties"));
    }

    @Configuration(proxyBeanMethods = false)
    static class Details {
        @Bean
        SerenoConnectionDetails details() {
            return () -> "memory:";
        }
    }

    @Test
    void customizersAreCalledLastAndInOrder() {
        Contexts.withStarter()
                .withUserConfiguration(Customizers.class)
                .withPropertyValues("sereno.uri=memory:", "sereno.node-id=from-properties")
                .run(context ->
                        assertThat(context.getBean(Sereno.class).nodeId()).isEqualTo("second"));
    }

    @Configuration(proxyBeanMethods = false)
    static class Customizers {
        @Bean
        @Order(2)
        SerenoBuilderCustomizer second() {
            return builder -> builder.nodeId("second");
        }

        @Bean
        @Order(1)
        SerenoBuilderCustomizer first() {
            return builder -> builder.nodeId("first");
        }
    }

    @Test
    void aBeanOfTheApplicationReplacesTheClient() {
        Contexts.withStarter().withUserConfiguration(Own.class).run(context -> {
            assertThat(context).hasSingleBean(Sereno.class);
            assertThat(context.getBean(Sereno.class).nodeId()).isEqualTo("own");
        });
    }

    @Configuration(proxyBeanMethods = false)
    static class Own {
        @Bean
        Sereno own() {
            return Sereno.builder().uri("memory:").nodeId("own").connect();
        }
    }

    private static String messages(@Nullable Throwable failure) {
        assertThat(failure).isNotNull();
        StringBuilder all = new StringBuilder();
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            all.append(cause.getMessage()).append('\n');
        }
        return all.toString();
    }
}
