package io.sereno.spring;

import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.util.Map;
import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.aop.framework.AopProxyUtils;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.beans.factory.config.ConfigurableBeanFactory;
import org.springframework.core.MethodIntrospector;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.core.annotation.AnnotationUtils;

/** Finds the methods with {@link OnElected} and {@link LeaderOnly} when their beans are made. */
final class LeaderMethods implements BeanPostProcessor, Ordered {
    private final ConfigurableBeanFactory beans;

    LeaderMethods(ConfigurableBeanFactory beans) {
        this.beans = beans;
    }

    /** Sees the proxies that other post-processors make, so that a method is called through them. */
    @Override
    public int getOrder() {
        return LOWEST_PRECEDENCE;
    }

    @Override
    public Object postProcessAfterInitialization(Object bean, String beanName) {
        if (bean instanceof AopInfrastructureBean) {
            return bean;
        }
        Class<?> type = AopProxyUtils.ultimateTargetClass(bean);
        if (AnnotationUtils.isCandidateClass(type, OnElected.class)) {
            // Those with a method first: a candidate that has started takes no more.
            annotated(type, OnElected.class)
                    .forEach((method, present) -> candidacies()
                            .add(Candidacies.name(beans, method, present.value()), new ElectedMethod(bean, method)));
            annotated(type, LeaderOnly.class)
                    .forEach((method, present) ->
                            candidacies().add(Candidacies.name(beans, method, present.value()), null));
        }
        return bean;
    }

    private Candidacies candidacies() {
        return beans.getBean(Candidacies.class);
    }

    private static <A extends Annotation> Map<Method, A> annotated(Class<?> type, Class<A> annotation) {
        return MethodIntrospector.selectMethods(type, (MethodIntrospector.MetadataLookup<A>)
                method -> AnnotatedElementUtils.findMergedAnnotation(method, annotation));
    }
}
