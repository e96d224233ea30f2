package io.sereno.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Grant;
import io.sereno.Sereno;
import io.sereno.spring.boot.test.AutoConfigureTestSereno;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.test.context.ContextConfiguration;
import org.springframework.test.context.TestContextManager;

class AutoConfigureTestSerenoTest {
    /** What the application has for production, which no test may use. */
    @SpringBootTest(
            classes = Application.class,
            webEnvironment = SpringBootTest.WebEnvironment.NONE,
            properties = {
                "sereno.uri=etcds://ada@etcd.production:2379",
                "sereno.namespace=billing",
                "sereno.password=secret",
                "sereno.require=durable, fail-over-safe",
                "sereno.ssl.trust=absent.pem",
                "sereno.node-id=ada"
            })
    @AutoConfigureTestSereno
    static class First {}

    static class SameAsFirst extends First {}

    @SpringBootTest(
            classes = Application.class,
            webEnvironment = SpringBootTest.WebEnvironment.NONE,
            properties = "x=y")
    @AutoConfigureTestSereno
    static class Other {}

    /** Of a slice, which switches off all other auto-configurations. */
    @ContextConfiguration(classes = Nothing.class)
    @AutoConfigureTestSereno
    static class Slice {}

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {}

    @Configuration(proxyBeanMethods = false)
    static class Nothing {}

    private static ApplicationContext contextOf(Class<?> test) {
        return new TestContextManager(test).getTestContext().getApplicationContext();
    }

    private static long visit(ApplicationContext context) {
        return context.getBean(Sereno.class).counter("visits").incrementAndGet();
    }

    @Test
    void eachContextHasAStoreOfItsOwn() {
        assertThat(visit(contextOf(First.class))).isEqualTo(1);
        assertThat(visit(contextOf(Other.class))).isEqualTo(1);
        assertThat(contextOf(SameAsFirst.class)).isSameAs(contextOf(First.class));
        assertThat(visit(contextOf(SameAsFirst.class))).isEqualTo(2);
        assertThat(contextOf(First.class).getBean(Sereno.class).nodeId()).isEqualTo("ada");
    }

    @Test
    void aSliceHasTheClient() {
        assertThat(visit(contextOf(Slice.class))).isEqualTo(1);
    }

    @Test
    void aSecondClientOfTheStoreStandsForAnotherProcess() throws Exception {
        ApplicationContext context = contextOf(Other.class);
        String uri = context.getEnvironment().getRequiredProperty("sereno.uri");
        try (Sereno other = Sereno.connect(uri);
                Grant grant = other.mutex("report").acquire()) {
            assertThat(grant.isHeld()).isTrue();
            assertThat(context.getBean(Sereno.class).mutex("report").tryAcquire())
                    .isEmpty();
        }
    }
}
